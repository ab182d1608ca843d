import type {Tensor} from '@tensorflow/tfjs-core';

/**
 * How much each weight matters: the larger its score, the longer it is kept. A criterion knows tensors, not layers.
 *
 * @example
 * const magnitude = {score: weight => tf.abs(weight)};
 */
export interface Criterion {
  /**
   * Scores of the same shape as `weight`, without NaN. Called inside `tf.tidy`; must not change or dispose what it is given.
   *
   * @param weight the kernel; pruned weights are zero in it, unless pruning goes with regrowth.
   */
  score(weight: Tensor): Tensor;
}
