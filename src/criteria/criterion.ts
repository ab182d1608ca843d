import type {Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {ScoredWeight, Scoring} from '../structures/structure.js';

/**
 * How much each weight matters: weights with larger scores are kept longer. A criterion works on tensors, not layers.
 * What it sees besides the values of the weights decides which functions it has:
 *
 * | `sees` | functions | shown |
 * |---|---|---|
 * | `'weights'`, the default | `score` | nothing more |
 * | `'gradients'` | `observe`, `score` | the gradient of each backward pass |
 * | `'curvature'` | `observe`, `score` | the Hessian times the gradient of each batch |
 * | `'inputs'` | `observe`, `score` | the input of the layer in each call |
 * | `'model'` | `measure`, `score` | the whole model, for passes of its own |
 *
 * `observe` and `score` are called inside `tf.tidy` and must not change or dispose their arguments.
 *
 * `score` returns a tensor of the weight's shape. All scores must be finite: to protect a layer, leave it out by
 * `layers`. Scores of weights that are already masked are ignored. In the weight that `score` is given, pruned weights
 * are zero, except when pruning with `regrowth`.
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

/** What a criterion sees besides the values of the weights. */
export type Sight = NonNullable<Criterion['sees']>;

/** Properties that any criterion may have. */
interface AnyCriterion extends Scoring {
  /**
   * Identifies the criterion when training resumes. Name a criterion of your own that observes, so that it does not
   * continue with the sums of another one.
   */
  readonly name?: string;
}

/** A {@link Criterion} of the weights alone. */
export interface WeightCriterion extends AnyCriterion {
  /** It sees nothing but the weight. */
  readonly sees?: 'weights';
  /** One score for each value of the weight. */
  score(weight: Tensor, about: ScoredWeight): Tensor;
}

/** A {@link Criterion} of what passes of the model show. */
export type ObservingCriterion = GradientCriterion | InputCriterion;

/** What criteria that observe passes have in common. */
interface AnyObservingCriterion extends AnyCriterion {
  /** Whether the sums are kept after an update of the masks. Defaults to false: they restart from zero. */
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
   * What to sum up over the backward passes, a tensor of any shape, the same in each pass.
   *
   * @param weight the kernel before the optimizer's step. Pruned weights are zero in it, unless pruning with regrowth,
   *     or `keepDense` kept them.
   * @param gradient of the loss with respect to the kernel, not zero where it is masked. Regularizers of the layer do
   *     not contribute to it.
   */
  observe(weight: Tensor, gradient: Tensor): Tensor;
}

/** A {@link Criterion} of the inputs that layers see. */
export interface InputCriterion extends AnyObservingCriterion {
  /** It sees the inputs of layers. */
  readonly sees: 'inputs';
  /**
   * What to sum up over the layer's calls in training, or over the given data, a tensor of any shape, always the same.
   *
   * @param input the layer's input, the batch first and the channels last.
   */
  observe(input: Tensor): Tensor;
}

/** A {@link Criterion} that needs no data but runs the model itself before each update of the masks. */
export interface ModelCriterion extends AnyCriterion {
  /** It runs the model itself. */
  readonly sees: 'model';
  /**
   * Measures all weights that are pruned together. Unlike the other functions it is not called in a `tf.tidy`.
   *
   * @param model must be left unchanged.
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

/** Whether the criterion must observe passes of the model before it can score. */
export function observes(criterion: Criterion): criterion is ObservingCriterion {
  return !seesWeights(criterion) && criterion.sees !== 'model';
}

export function seesWeights(criterion: Criterion): criterion is WeightCriterion {
  return criterion.sees === undefined || criterion.sees === 'weights';
}

/**
 * The scores of a weight.
 *
 * @param seen what the criterion has observed or measured for the weight, if anything.
 * @throws RangeError, with the weight's name, if the criterion needs that and has seen nothing.
 */
export function scoreOf(criterion: Criterion, weight: Tensor, seen: Tensor | undefined, about: ScoredWeight): Tensor {
  if (seesWeights(criterion)) return criterion.score(weight, about);
  return criterion.score(weight, expectSeen(about.layout.name, seen), about);
}

/** Expects that a criterion has seen something of a weight. */
export function expectSeen(name: string, seen: Tensor | undefined): Tensor {
  if (seen) return seen;
  throw new RangeError(
    `The criterion has observed no pass through "${name}" before this update; let the schedule begin at a later ` +
      'step, pass `data`, or leave out frozen layers',
  );
}
