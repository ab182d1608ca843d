import type {Shape} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../tfjs-internals.js';

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
 * What only surgery needs is on a separate object in the same file, the kind's `ChannelCard`, so that bundlers leave it
 * out of a page that only trains.
 */
export interface LayerCard {
  readonly prunableWeights?: readonly PrunableWeight[];
  /** How often each prunable weight multiplies for one example: once per output pixel in a convolution. Default: 1. */
  readonly positions?: ((layer: Layer, inputShape: Shape) => number) | undefined;
  /** The private fields that hold the layers inside, or lists of them. */
  readonly holds?: readonly string[];
  /** Whether the layers inside see one time step (axis 1) at a time. */
  readonly overTime?: boolean;
  /** Whether it carries a state from step to step, and so accepts initial states as extra inputs. */
  readonly isRecurrent?: boolean;
  /** Whether it is a batch normalization, with `gamma`, `beta`, `movingMean` and `movingVariance` in fields. */
  readonly isBatchNorm?: boolean;
  /** Whether it is an input of a model and computes nothing. */
  readonly isInput?: boolean;
  /** The private fields with the rates or deviations of its noise; the layer is noisy if one is above zero. */
  readonly noise?: readonly string[];
  /** The private field with the function that it applies in place of an activation. */
  readonly softmaxField?: string;
  /** Whether `predict` returns its input as it is, or as another shape of the same memory. */
  readonly returnsInput?: (layer: Layer) => boolean;
  /** The options that `getConfig` leaves out or writes wrongly; fields of the same names hold them. */
  readonly miswrites?: readonly string[];
}

/** The cards of a family of layers, by class name. */
export type LayerCards = Readonly<Record<string, LayerCard>>;
