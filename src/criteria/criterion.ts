import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {Reduction, WeightLayout} from '../structures/structure.js';

/** What a criterion may know of a weight beside its values. */
export interface ScoredWeight {
  readonly layout: WeightLayout;
  /**
   * The scale (gamma) of the batch normalization that stands alone behind the layer, one value an output. Of coupled
   * channels, where none does, the mean size of the scales that others have which make or pass on the same channels, or
   * else of those on their way.
   */
  readonly batchNormScale?: Tensor | undefined;
}

/**
 * How much each weight matters: the larger its score, the longer it is kept. A criterion knows tensors, not layers.
 *
 * All methods but `measure` are called inside `tf.tidy`, and must not change or dispose what they are given.
 *
 * @example
 * const magnitude = {score: weight => tf.abs(weight)};
 * const taylor = {observe: (weight, gradient) => tf.mul(weight, gradient), score: (weight, sum) => tf.abs(sum)};
 */
export interface Criterion {
  /**
   * By which a training that is resumed knows it again: give one of your own that observes a name, and it takes no
   * other's sums.
   */
  readonly name?: string;
  /**
   * What to gather in each backward pass, summed over the passes; of any shape that stays the same.
   *
   * @param weight the kernel before the optimizer's step; pruned weights are zero in it, unless pruning goes with
   *     regrowth, or `keepDense` kept them.
   * @param gradient of the loss with respect to what the layer computed with, whole and dense: also at weights that are
   *     masked. Of the loss alone: regularizers of the layer add nothing to it.
   */
  observe?(weight: Tensor, gradient: Tensor): Tensor;
  /**
   * What to gather from each input that the layer sees in training or over the data given, summed over the passes; of
   * any shape that stays the same. A criterion observes gradients or inputs, not both.
   *
   * @param input the layer's input, the batch first and the channels last.
   */
  observeInput?(input: Tensor): Tensor;
  /**
   * Whether `observe` is shown the Hessian times the gradient in the gradient's place. That takes three passes a batch:
   * only `PruneAtInitialization`, and `pruneOnce` and `sensitivityScan` over their data, make them.
   */
  readonly secondOrder?: boolean;
  /**
   * What takes the place of what is observed where a criterion needs no data: it runs a pass of its own, before each
   * update. Unlike the other methods it is not called in a `tf.tidy`.
   *
   * @param model which must be left as it was.
   * @returns one tensor for each of the weights, which `score` is given; whoever called disposes them.
   */
  measure?(model: LayersModel, weights: readonly MaskedWeight[]): Promise<Tensor[]>;
  /** Whether the sums are kept over updates; by default they begin anew after each. */
  readonly remembers?: boolean;
  /**
   * What it tells apart where all weights of an output, or all of an input, score the same; undefined where each weight
   * has a score of its own.
   */
  readonly tellsApart?: 'outputs' | 'inputs';
  /**
   * Whether it can't score without `batchNormScale`: a plan then leaves channels alone that go through no batch
   * normalization, where others do.
   */
  readonly needsBatchNormScale?: boolean;
  /** How scores of a group's weights are put together where the structure has no opinion; 'mean' by default. */
  readonly reduction?: Reduction;
  /**
   * Scores of the same shape as `weight`, all of them finite: an infinite one is refused, since what is masked goes
   * first whatever it scores, and layers are spared by `layers`. What scores say of masked weights is passed over.
   *
   * @param weight the kernel; pruned weights are zero in it, unless pruning goes with regrowth, also those that
   *     `keepDense` kept.
   * @param observed the sum of what was observed; undefined where the criterion observes nothing.
   */
  score(weight: Tensor, observed: Tensor | undefined, about: ScoredWeight): Tensor;
}
