import * as tf from '@tensorflow/tfjs-core';
import {received} from '../src/options/expect.js';
import {read} from '../src/options/read.js';
import {learningRateOf} from '../src/optimizers/learning-rate.js';
import {besideMasked, readWeight} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import {assign} from '../src/tfjs-internals.js';
import {PENALTY, PenaltyCallback, type PenaltyCallbackArgs, type PenaltyMethod} from './penalty-callback.js';

/** Options of {@link ProximalPenalty}. */
export type ProximalPenaltyArgs = PenaltyCallbackArgs;

/**
 * Minimizes a penalty by its proximal operator, after each step that the optimizer takes on the loss alone. `l1` and
 * `groupLasso` make weights and groups exactly zero; as terms of the loss they would let them oscillate around zero.
 *
 *     w <- argmin over v of strength(step) * penalty(v) + |v - w|^2 / (2 * learning rate)
 *
 * Over a training, `l1` shrinks each weight that does not matter to the loss by learning rate x strength x steps, and
 * `groupLasso` the norm of a group by sqrt(|g|) times that. For example, to zero weights of size 0.05 in 1000 steps at
 * a learning rate of 0.001, use a strength of 0.05.
 *
 * With a `target` in place of a strength, the strength is set as by {@link ScheduledPenalty}, such that a fraction of
 * the weights ends below a threshold. When it lands, weights that are too many go back by as much as others are pulled.
 *
 * The loss in the logs does not include the penalty. Later steps may change the zeros; mask them with
 * `pruneByThreshold(model, {gap: true})`. The length of the proximal step is the learning rate, even for an optimizer
 * that adapts its steps, such as Adam. Parikh & Boyd 2014, https://web.stanford.edu/~boyd/papers/prox_algs.html
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong, or the penalty has no proximal
 *     operator; from `fit` if `layers` matches nothing, a target can't be reached, the optimizer has no learning rate,
 *     or the operator returns another shape.
 *
 * @example
 * await model.fit(x, y, {callbacks: [new ProximalPenalty({penalty: groupLasso({strength: 1e-3})})]});
 */
export class ProximalPenalty extends PenaltyCallback {
  /** The length of the proximal step is the optimizer's learning rate. */
  readonly needsOptimizer = true;

  constructor(args: ProximalPenaltyArgs) {
    super(proximalSteps(read('ProximalPenalty', args, PENALTY).penalty), args);
  }
}

function proximalSteps({proximal}: Penalty): PenaltyMethod {
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
    batchEnd({model, weights, strength, pulls}) {
      const length = learningRateOf(model.optimizer) * strength;
      if (length === 0) return;
      tf.tidy(() => {
        const values = weights.map((weight, i) => pulled(weight, stepOf(weight, length), pulls[i]));
        weights.forEach(({variable}, i) => assign(variable, values[i]!));
      });
    },
  };
}

/** Takes so many times the step to a new value. */
function pulled({variable}: PenalizedWeight, value: tf.Tensor, pulls: tf.Tensor | undefined): tf.Tensor {
  if (!pulls) return value;
  const before = variable.read();
  return tf.add(before, tf.mul(pulls, tf.sub(value, before)));
}

/** Returns a new tensor even if the operator returns the weight itself: a variable can't be assigned to itself. */
function expectLike({layout: {name, shape}}: PenalizedWeight, value: tf.Tensor): tf.Tensor {
  if ((value as unknown) instanceof tf.Tensor && tf.util.arraysEqual(value.shape, [...shape])) return tf.clone(value);
  const came = (value as unknown) instanceof tf.Tensor ? `one of shape [${value.shape.join()}]` : received(value);
  throw new TypeError(
    `Expected the proximal operator to return a tensor of shape [${shape.join()}] for "${name}", got ${came}`,
  );
}
