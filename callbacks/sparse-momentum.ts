import type * as tf from '@tensorflow/tfjs-core';
import {countOf} from '../src/math/count-of.js';
import {shareGrowth} from '../src/math/share-growth.js';
import {hasNoMomentum, momentumOf} from '../src/optimizers/momentum.js';
import {read} from '../src/options/read.js';
import {
  droppedCount,
  DYNAMIC_SPARSE_TRAINING,
  rewiring,
  type DroppedWeight,
  type DynamicSparseTrainingArgs,
} from './families/rewiring.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

/** Options of {@link SparseMomentum}. */
export type SparseMomentumArgs = DynamicSparseTrainingArgs;

/**
 * Sparse networks from scratch: trains a model that is sparse from the start, and moves connections, also between
 * layers, to where the optimizer's momentum is largest. After each epoch every layer drops the fraction `dropFraction`
 * of its weights that are smallest in magnitude. As many grow, distributed over the layers in proportion to
 *
 *     mean |momentum| over the weights that were kept
 *
 * and in each layer where `|momentum|` is largest; other layers take what a full layer can't. The number of kept
 * weights changes in each layer, but not in total. While the callback is in the list, gradients also reach masked
 * weights, which gives them a momentum: that of `tf.train.momentum` or `rmsprop`, for Adam `m / (sqrt(v) + 1e-8)`.
 * `sparsity` alone moves connections in the first three quarters of the fit, so that grown weights are trained; with
 * `stepUnit: 'fit'` steps are fractions of it. Dettmers & Zettlemoyer 2019, https://arxiv.org/abs/1907.04840
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong; from `fit` if the model has no
 *     wrapped layer, `layers` matches none, weights or momenta are NaN, the optimizer has no momentum, or the layers
 *     can't take so many zeros. Masks, weights and the optimizer are then as they were before the update.
 *
 * @example
 * model.compile({optimizer: tf.train.momentum(0.1, 0.9), loss: 'categoricalCrossentropy'});
 * await model.fit(x, y, {epochs: 20, callbacks: [new SparseMomentum({sparsity: 0.9, endStep: 19, seed: 1})]});
 */
export class SparseMomentum extends PruningCallback {
  constructor(args: SparseMomentumArgs) {
    super(sparseMomentum(args), args);
  }
}

function sparseMomentum(args: SparseMomentumArgs): Method {
  const method = rewiring('SparseMomentum', read('SparseMomentum', args, DYNAMIC_SPARSE_TRAINING), {
    growthSignal({name}, {model: {optimizer}}, slots) {
      const momentum = momentumOf(optimizer, slots);
      if (momentum) return momentum;
      throw withoutMomentum(name, optimizer);
    },
    growthCounts,
  });
  return {
    stepUnit: 'epoch',
    unitOfFit: 'epoch',
    ...method,
    straightThrough: true, // so that masked weights have a momentum, too
    async prepare(training) {
      await method.prepare!(training);
      const {optimizer} = training.model;
      if (hasNoMomentum(optimizer)) throw withoutMomentum(training.weights[0]!.name, optimizer);
    },
  };
}

/** In proportion to the mean momentum of the weights that each layer kept. */
function growthCounts(dropped: readonly DroppedWeight[]): number[] {
  const total = dropped.reduce((sum, one) => sum + droppedCount(one), 0);
  const bounds = dropped.map(one => ({
    least: droppedCount(one) > 0 && countOf(one.survivors, 1) === 0 ? 1 : 0, // every weight keeps something
    most: countOf(one.survivors, 0),
  }));
  return shareGrowth(total, dropped.map(meanOfKept), bounds);
}

function meanOfKept({scores, kept}: DroppedWeight): number {
  return scores.reduce((sum, score, i) => sum + (kept[i] === 1 ? score : 0), 0) / Math.max(1, countOf(kept, 1));
}

function withoutMomentum(name: string, optimizer: tf.Optimizer): TypeError {
  return new TypeError(
    `SparseMomentum expects an optimizer that has a momentum of "${name}", as tf.train.momentum, rmsprop, adam and ` +
      `adamax have of the weights they train, got "${optimizer.getClassName()}"; compile the model with one of ` +
      'these, and leave out frozen layers by `layers`',
  );
}
