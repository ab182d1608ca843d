/** What a weight tensor's axes mean: enough to tell its filters, channels, rows or blocks apart. */
export interface WeightLayout {
  /** The weight's name, such as `conv1/kernel`, in a nested model `base/conv1/kernel`. */
  readonly name: string;
  /** The tensor's shape, as tf.js stores it: a Dense kernel is `[inputs, outputs]`, a Conv2D kernel is HWIO. */
  readonly shape: readonly number[];
  /** Axes that run over the layer's inputs. */
  readonly inputAxes: readonly number[];
  /** Axes that run over the layer's outputs (units, filters). */
  readonly outputAxes: readonly number[];
  /** Into how many gates, one behind the other, the outputs fall: 4 in an LSTM, whose unit `u` has the outputs `u + units * gate`. */
  readonly gates: number;
}

/** How the scores of a group's weights make the score of the group. */
export type Reduction = 'sum' | 'mean' | 'max';

/**
 * Which weights go together: a partition of a weight tensor into groups, each kept or pruned as a whole. A sparsity asked
 * for is a fraction of the groups.
 *
 * `pool` and `spread` number the groups alike, from 0, so that `spread(kept)` is the mask of the groups that `pool`
 * gave scores to. Neither may change what it is given. Both throw a RangeError that names the weight where its layer has no
 * such groups.
 */
export interface Structure {
  /**
   * One score a group, out of one score a weight.
   *
   * @param scores -Infinity marks weights that are gone for good: they count as 0, and a group of nothing else gets -Infinity.
   *     A group that must stay, whatever the others are worth, gets +Infinity.
   * @param reduction what the criterion asks for; the structure's own choice goes before it.
   */
  pool(scores: Float32Array, layout: WeightLayout, reduction?: Reduction): Float32Array;
  /** The mask of the weights (1 = kept), out of the mask of the groups. */
  spread(kept: Uint8Array, layout: WeightLayout): Uint8Array;
  /**
   * Whether a group is a whole unit of the layer, which takes its bias along, and the scale and shift of a batch
   * normalization that stands alone behind the layer.
   */
  readonly wholeUnits?: boolean;
}
