import type {Tensor} from '@tensorflow/tfjs-core';

/**
 * How much each weight matters: the larger its score, the longer it is kept. A criterion knows tensors, not layers.
 *
 * @example
 * const magnitude = {score: weight => tf.abs(weight)};
 */
export interface Criterion {
  /**
   * Scores of the same shape as `weight`. Called inside `tf.tidy`; must not change or dispose what it is given.
   *
   * @param weight the kernel; pruned weights are zero in it, unless pruning goes with regrowth.
   * @param observed what `observe` returned, summed over the backward passes since the last update; undefined for a
   *     criterion that observes nothing.
   */
  score(weight: Tensor, observed: Tensor | undefined): Tensor;
  /** A statistic of one backward pass, of the same shape as `weight`, from the gradient as if no weight were masked. */
  observe?(weight: Tensor, gradient: Tensor): Tensor;
}
