import * as tf from '@tensorflow/tfjs-core';
import {expectOptions, received} from '../src/options/expect.js';
import {learningRateOf} from '../src/optimizers/learning-rate.js';
import {expectPenalty} from '../src/penalties/add-penalty.js';
import {besideMasked, readWeight} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight} from '../src/penalties/penalty.js';
import {assign} from '../src/tfjs-internals.js';
import {PENALTY_OPTIONS, PenaltyCallback, type PenaltyCallbackArgs, type PenaltyMethod} from './penalty-callback.js';

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
  /** The length of the proximal step is the optimizer's learning rate. */
  readonly needsOptimizer = true;

  constructor(args: ProximalPenaltyArgs) {
    super(proximalSteps(expectOptions('ProximalPenalty', args, PENALTY_OPTIONS)), args);
  }
}

function proximalSteps({penalty}: ProximalPenaltyArgs): PenaltyMethod {
  const {proximal} = expectPenalty(penalty);
  if (typeof proximal !== 'function') {
    throw new TypeError(
      'ProximalPenalty expects a penalty with a proximal operator, such as l1() or groupLasso(); ' +
        'put others on the model with addPenalty or ScheduledPenalty',
    );
  }
  const stepOf = (weight: PenalizedWeight, length: number) =>
    besideMasked(weight, expectLike(weight, proximal(readWeight(weight), weight.layout, length)));
  return {
    begin: ({model}) => void learningRateOf(model.optimizer),
    batchEnd({model, weights, strength}) {
      const length = learningRateOf(model.optimizer) * strength;
      if (length === 0) return;
      tf.tidy(() => {
        const values = weights.map(weight => stepOf(weight, length));
        weights.forEach(({variable}, i) => assign(variable, values[i]!));
      });
    },
  };
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
