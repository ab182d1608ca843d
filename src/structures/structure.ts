/** What a weight tensor's axes mean: enough to tell its filters, channels, rows or blocks apart. */
export interface WeightLayout {
  /** The tensor's shape, as tf.js stores it: a Dense kernel is `[inputs, outputs]`, a Conv2D kernel is HWIO. */
  readonly shape: readonly number[];
  /** Axes that run over the layer's inputs. */
  readonly inputAxes: readonly number[];
  /** Axes that run over the layer's outputs (units, filters). */
  readonly outputAxes: readonly number[];
}

/**
 * Which weights go together: a partition of a weight tensor into groups, each kept or pruned as a whole. A sparsity asked
 * for is a fraction of the groups.
 *
 * `pool` and `spread` number the groups alike, from 0, so that `spread(kept)` is the mask of the groups that `pool`
 * gave scores to.
 */
export interface Structure {
  /** One score a group, out of one score a weight. */
  pool(scores: Float32Array, layout: WeightLayout): Float32Array;
  /** The mask of the weights (1 = kept), out of the mask of the groups. */
  spread(kept: Uint8Array, layout: WeightLayout): Uint8Array;
}
