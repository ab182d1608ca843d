import * as tf from '@tensorflow/tfjs-core';
import {expectOptions, received} from '../src/options/expect.js';
import {learningRateOf} from '../src/optimizers/learning-rate.js';
import {besideMasked, readWeight} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight} from '../src/penalties/penalty.js';
import {assign} from '../src/tfjs-internals.js';
import {PENALTY_OPTIONS, PenaltyCallback, type PenaltyCallbackArgs} from './penalty-callback.js';

/** Options of {@link ProximalPenalty}. */
export type ProximalPenaltyArgs = PenaltyCallbackArgs;

/**
 * Makes a penalty small by its proximal operator, after each step that the optimizer has made for the loss alone: of
 * `l1` and `groupLasso` weights and groups become exactly zero, where a penalty in the loss lets them swing around it.
 *
 *     w <- argmin over v of strength(step) * penalty(v) + |v - w|^2 / (2 * learning rate)
 *
 * How far it gets is a matter of learning rate x strength x steps: that much `l1` takes from each weight that the loss
 * does not hold, and `groupLasso` sqrt(|g|) times that from the norm of a group. What is to be gone after 1000 steps at
 * a rate of 0.001, and is of size 0.05, wants a strength of 0.05.
 *
 * The loss in the logs does not include the penalty. What is zero may come back by the next step; mask it, when you
 * like, by `pruneByThreshold(model, {gap: true})`. With an optimizer that adapts its steps, such as Adam, the learning
 * rate is the step all the same. Parikh & Boyd 2014, https://web.stanford.edu/~boyd/papers/prox_algs.html
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or the penalty has no
 *     proximal operator; from `fit` where `layers` matches nothing, the optimizer has no learning rate, or the operator
 *     gives another shape.
 *
 * @example
 * await model.fit(x, y, {callbacks: [new ProximalPenalty({penalty: groupLasso({strength: 1e-3})})]});
 */
export class ProximalPenalty extends PenaltyCallback {
  readonly #proximal: (weight: PenalizedWeight, step: number) => tf.Tensor;
  #weights: readonly PenalizedWeight[] = [];

  constructor(args: ProximalPenaltyArgs) {
    super(expectOptions('ProximalPenalty', args, PENALTY_OPTIONS));
    const {proximal} = this.penalty;
    if (typeof proximal !== 'function') {
      throw new TypeError(
        'ProximalPenalty expects a penalty with a proximal operator, such as l1() or groupLasso(); ' +
          'put others on the model with addPenalty or ScheduledPenalty',
      );
    }
    this.#proximal = (weight, step) => {
      const value = proximal(readWeight(weight), weight.layout, step);
      return besideMasked(weight, expectLike(weight, value));
    };
  }

  /** The length of the proximal step is its learning rate. */
  override get needsOptimizer(): boolean {
    return true;
  }

  override async onTrainBegin(): Promise<void> {
    await super.onTrainBegin();
    this.#weights = this.chosenWeights();
    learningRateOf(this.trainedModel.optimizer);
  }

  override async onBatchEnd(): Promise<void> {
    const step = learningRateOf(this.trainedModel.optimizer) * this.strengthNow();
    if (step > 0) tf.tidy(() => this.#apply(step));
    await super.onBatchEnd();
  }

  #apply(step: number): void {
    const values = this.#weights.map(weight => this.#proximal(weight, step));
    this.#weights.forEach((weight, i) => assign(weight.variable, values[i]!));
  }
}

/**
 * A tensor of its own, also where the operator leaves the weight alone and returns it: a variable can't be assigned to
 * itself.
 */
function expectLike({layout: {name, shape}}: PenalizedWeight, value: tf.Tensor): tf.Tensor {
  if ((value as unknown) instanceof tf.Tensor && tf.util.arraysEqual(value.shape, [...shape])) return tf.clone(value);
  const came = (value as unknown) instanceof tf.Tensor ? `one of shape [${value.shape.join()}]` : received(value);
  throw new TypeError(
    `Expected the proximal operator to give a tensor of shape [${shape.join()}] for "${name}", got ${came}`,
  );
}
