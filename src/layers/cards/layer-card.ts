/** A weight that can be pruned: the layer's field that holds it, and what its axes mean. */
export interface PrunableWeight {
  /** The field of the layer object, such as `kernel`. */
  readonly field: string;
  /** Axes that run over the layer's inputs; negative ones count from the end. */
  readonly inputAxes: readonly number[];
  /** Axes that run over the layer's outputs; negative ones count from the end. */
  readonly outputAxes: readonly number[];
  /** The number of gates that the outputs consist of, one after the other: 4 in an LSTM. Defaults to 1. */
  readonly gates?: number;
  /**
   * Whether an output of this weight is an output of the layer, so that pruning the output prunes its bias. Defaults to
   * false.
   */
  readonly makesOutputs?: boolean;
  /**
   * Whether this weight multiplies the layer's own input, channel by channel along its input axis, so that a
   * criterion can score it by that input. Defaults to false.
   */
  readonly seesInput?: boolean;
}

/**
 * What is known of a kind of layer. All fields are optional.
 *
 * What only surgery needs is on a separate object in the same file, the kind's `ChannelCard`, and what only reports,
 * backups and criteria that run the model need is on its `PassCard`: bundlers leave both out of a page that only
 * prunes.
 */
export interface LayerCard {
  readonly prunableWeights?: readonly PrunableWeight[];
  /** The private fields that hold the layers inside, or lists of them. */
  readonly holds?: readonly string[];
  /** Whether it carries a state from step to step, and so accepts initial states as extra inputs. */
  readonly isRecurrent?: boolean;
  /** Whether it is a batch normalization, with `gamma`, `beta`, `movingMean` and `movingVariance` in fields. */
  readonly isBatchNorm?: boolean;
  /** The options that `getConfig` leaves out or writes wrongly; fields of the same names hold them. */
  readonly miswrites?: readonly string[];
}

/** The cards of a family of layers, by class name. */
export type LayerCards = Readonly<Record<string, LayerCard>>;
