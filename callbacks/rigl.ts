import {expectSeen} from '../src/criteria/criterion.js';
import {gradientMagnitude} from '../src/criteria/gradient-magnitude.js';
import {expectInteger, expectOptions} from '../src/options/expect.js';
import {DYNAMIC_SPARSE_TRAINING_OPTIONS, rewiring, type DynamicSparseTrainingArgs} from './families/rewiring.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

/** Options of {@link RigL}: `stepUnit` defaults to 'batch', `frequency` to 100, `decay` to 'cosine'. */
export interface RigLArgs extends DynamicSparseTrainingArgs {
  /**
   * The number of batches before each rewiring whose gradients are summed. Each costs time. Defaults to 1, as in the
   * paper.
   */
  observedBatches?: number;
}

/**
 * Rigging the lottery: trains a model that is sparse from the start, and moves connections to where the gradient is
 * largest. Every `frequency` batches, each layer with `n` kept weights drops the
 *
 *     k = round(n * dropFraction / 2 * (1 + cos(pi * step / endStep)))
 *
 * smallest in magnitude, and grows `k` among all that are not kept then, where the dense gradient `|dL/dw|` is largest.
 * The gradient comes from the backward pass in which `fit` trains the model (without regularizers). The step of that
 * batch is made, too; the authors skip it. Set `endStep` to about three quarters of the training, so that grown weights
 * are trained. Evci et al. 2020, https://arxiv.org/abs/1911.11134
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong; from `fit` if the model has no
 *     wrapped layer, `layers` matches none, weights or gradients are NaN, a layer is frozen, or the layers can't take
 *     so many zeros. Masks, weights and the optimizer are then as they were before the update.
 *
 * @example
 * const model = prunable(tf.sequential({layers: [...]}));
 * model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'categoricalCrossentropy'});
 * await model.fit(x, y, {epochs: 10, callbacks: [new RigL({sparsity: 0.9, endStep: 7500, seed: 1})]});
 */
export class RigL extends PruningCallback {
  constructor(args: RigLArgs) {
    super(rigL(args), args);
  }
}

function rigL(args: RigLArgs): Method {
  const {observedBatches = 1} = expectOptions('RigL', args, [...DYNAMIC_SPARSE_TRAINING_OPTIONS, 'observedBatches']);
  return rewiring(args, {
    defaults: {decay: 'cosine', frequency: 100, stepUnit: 'batch'},
    observes: {
      criterion: gradientMagnitude(),
      batches: expectInteger('observedBatches', observedBatches, {min: 1}),
    },
    growthSignal: ({name, weight}, {seen}) => expectSeen(name, seen.gathered?.get(weight)),
  });
}
