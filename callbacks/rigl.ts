import {interval} from '../schedules/step.js';
import {expectSeen} from '../src/criteria/criterion.js';
import {gradientMagnitude} from '../src/criteria/gradient-magnitude.js';
import {integer} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Extended} from '../src/options/table.js';
import {DYNAMIC_SPARSE_TRAINING, rewiring, type WayOfRewiring} from './families/rewiring.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /** Steps between two rewirings, at least 1. Defaults to 100, and to 0.01 if `endStep` is a fraction of the fit. */
  frequency: interval(undefined),
  /** How many batches before each rewiring contribute gradients; each costs time. Defaults to 1, as in the paper. */
  observedBatches: integer({min: 1}, 1),
};

/** Options of {@link RigL}. */
export type RigLArgs = Args<Extended<typeof DYNAMIC_SPARSE_TRAINING, typeof OPTIONS>>;

/**
 * Rigging the lottery: trains a model that is sparse from the start, and moves connections to where the gradient is
 * largest. Every `frequency` batches, each layer with `n` kept weights drops the
 *
 *     k = round(n * dropFraction / 2 * (1 + cos(pi * step / endStep)))
 *
 * smallest in magnitude, and grows `k` among all that are not kept then, where the dense gradient `|dL/dw|` is largest.
 * The gradient comes from the backward pass in which `fit` trains the model (without regularizers). The optimizer also
 * takes the step of that batch, which the authors skip. `sparsity` alone lays the rewirings over the first three
 * quarters of the fit, every hundredth of it, so that grown weights are trained; with `stepUnit: 'fit'`, `endStep`,
 * `beginStep` and `frequency` are fractions of the fit. Evci et al. 2020, https://arxiv.org/abs/1911.11134
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong; from `fit` if the model has no
 *     wrapped layer, `layers` matches none, weights or gradients are NaN, a layer is frozen, or the layers can't take
 *     so many zeros. Masks, weights and the optimizer are then as they were before the update.
 *
 * @example
 * const model = prunable(tf.sequential({layers: [...]}));
 * model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'categoricalCrossentropy'});
 * await model.fit(x, y, {epochs: 10, callbacks: [new RigL({sparsity: 0.9})]});
 *
 * @example
 * new RigL({sparsity: 0.9, endStep: 7500, seed: 1}); // steps are batches
 */
export class RigL extends PruningCallback {
  constructor(args: RigLArgs) {
    super(rigL(args), args);
  }
}

function rigL(args: RigLArgs): Method {
  const options = read('RigL', args, {...DYNAMIC_SPARSE_TRAINING, ...OPTIONS});
  const way: WayOfRewiring = {
    observes: {criterion: gradientMagnitude(), batches: options.observedBatches},
    growthSignal: ({name, weight}, {seen}) => expectSeen(name, seen.gathered?.get(weight)),
  };
  return rewiring('RigL', options, way, 100);
}
