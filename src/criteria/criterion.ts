import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {ScoredWeight, Scoring} from '../structures/structure.js';

/**
 * How much each weight matters: the larger its score, the longer it is kept. A criterion knows tensors, not layers.
 * What it sees beside the values of the weights says which functions it has:
 *
 * | `sees` | functions | shown |
 * |---|---|---|
 * | `'weights'`, the default | `score` | nothing more |
 * | `'gradients'` | `observe`, `score` | the gradient of each backward pass |
 * | `'curvature'` | `observe`, `score` | the Hessian times the gradient of each batch |
 * | `'inputs'` | `observe`, `score` | the input of the layer in each call |
 * | `'model'` | `measure`, `score` | the whole model, for passes of its own |
 *
 * `observe` and `score` are called inside `tf.tidy` and must not change or dispose what they are given.
 *
 * `score` returns a tensor of the shape of the weight. All scores must be finite: to spare a layer, leave it out by
 * `layers`. Scores of weights that are masked already are ignored. In the weight that it is given, pruned weights are
 * zero, except when pruning with `regrowth`.
 *
 * @example
 * const magnitude = {score: weight => tf.abs(weight)};
 * const taylor = {
 *   sees: 'gradients',
 *   observe: (weight, gradient) => tf.mul(weight, gradient),
 *   score: (weight, sum) => tf.abs(sum),
 * };
 */
export type Criterion = WeightCriterion | GradientCriterion | InputCriterion | ModelCriterion;

/** What a criterion sees beside the values of the weights. */
export type Sight = NonNullable<Criterion['sees']>;

/** What every criterion may say of itself. */
interface AnyCriterion extends Scoring {
  /**
   * Identifies the criterion when a training is resumed. Name a criterion of your own that observes, so that the sums
   * of another one are not taken for its own.
   */
  readonly name?: string;
}

/** A {@link Criterion} of the weights alone. */
export interface WeightCriterion extends AnyCriterion {
  readonly sees?: 'weights';
  /** One score for each value of the weight. */
  score(weight: Tensor, about: ScoredWeight): Tensor;
}

/** A {@link Criterion} of what passes of the model show. */
export type ObservingCriterion = GradientCriterion | InputCriterion;

/** What criteria share that observe passes. */
interface AnyObservingCriterion extends AnyCriterion {
  /** Whether the sums are kept after an update of the masks. Defaults to false: they begin anew. */
  readonly remembers?: boolean;
  /**
   * One score for each value of the weight.
   *
   * @param sum what `observe` returned, summed over the passes.
   */
  score(weight: Tensor, sum: Tensor, about: ScoredWeight): Tensor;
}

/** A {@link Criterion} of gradients. */
export interface GradientCriterion extends AnyObservingCriterion {
  /**
   * 'curvature' shows the Hessian times the gradient in place of the gradient. That takes three passes over each batch,
   * so only `PruneAtInitialization` and calls with `data` can do it.
   */
  readonly sees: 'gradients' | 'curvature';
  /**
   * What to sum up over the backward passes; of any shape that stays the same.
   *
   * @param weight the kernel before the optimizer's step; pruned weights are zero in it, unless pruning goes with
   *     regrowth, or `keepDense` kept them.
   * @param gradient of the loss with respect to the kernel, also where it is masked. Regularizers of the layer add
   *     nothing to it.
   */
  observe(weight: Tensor, gradient: Tensor): Tensor;
}

/** A {@link Criterion} of the inputs that layers see. */
export interface InputCriterion extends AnyObservingCriterion {
  readonly sees: 'inputs';
  /**
   * What to sum up over the calls of the layer in training, or over the data given; of any shape that stays the same.
   *
   * @param input the layer's input, the batch first and the channels last.
   */
  observe(input: Tensor): Tensor;
}

/** A {@link Criterion} that needs no data but runs the model itself, before each update of the masks. */
export interface ModelCriterion extends AnyCriterion {
  readonly sees: 'model';
  /**
   * Measures all weights that are pruned together. Unlike the other functions it is not called in a `tf.tidy`.
   *
   * @param model must be left as it was.
   * @returns one tensor for each of the weights; the caller disposes them.
   */
  measure(model: LayersModel, weights: readonly MaskedWeight[]): Promise<Tensor[]>;
  /**
   * One score for each value of the weight.
   *
   * @param measured what `measure` returned for this weight.
   */
  score(weight: Tensor, measured: Tensor, about: ScoredWeight): Tensor;
}

/** Whether passes of the model must be observed before the criterion can score. */
export function observes(criterion: Criterion): criterion is ObservingCriterion {
  return !seesWeights(criterion) && criterion.sees !== 'model';
}

/** Whether it sees nothing but the weights. */
export function seesWeights(criterion: Criterion): criterion is WeightCriterion {
  return criterion.sees === undefined || criterion.sees === 'weights';
}

/**
 * The scores of a weight.
 *
 * @param seen what the criterion has observed or measured of the weight, if anything.
 * @throws RangeError, with the weight's name, if the criterion needs it and has seen nothing.
 */
export function scoreOf(criterion: Criterion, weight: Tensor, seen: Tensor | undefined, about: ScoredWeight): Tensor {
  if (seesWeights(criterion)) return criterion.score(weight, about);
  return criterion.score(weight, expectSeen(about.layout.name, seen), about);
}

/** Expects that something was seen of a weight. */
export function expectSeen(name: string, seen: Tensor | undefined): Tensor {
  if (seen) return seen;
  throw new RangeError(
    `The criterion has observed no pass through "${name}" before this update; let the schedule begin at a later ` +
      'step, hand over `data`, or leave out layers that are frozen',
  );
}
