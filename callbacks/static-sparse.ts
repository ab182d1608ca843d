import {read} from '../src/options/read.js';
import {SPARSE_TRAINING, sparseTraining, type SparseTrainingArgs} from './families/sparse-training.js';
import {PruningCallback} from './pruning-callback.js';

/** Options of {@link StaticSparse}. */
export type StaticSparseArgs = SparseTrainingArgs;

/**
 * Trains a model with fixed random masks from start to end: the baseline for methods that move connections. A model
 * that is sparse already (by `pruneOnce`, `applyMasks`, from a file) keeps its masks.
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong; from `fit` if the model has no
 *     wrapped layer, `layers` matches none, weights are NaN, or the layers can't take so many zeros.
 *
 * @example
 * await model.fit(x, y, {epochs: 10, callbacks: [new StaticSparse({sparsity: 0.9, seed: 1})]});
 */
export class StaticSparse extends PruningCallback {
  constructor(args: StaticSparseArgs) {
    super(sparseTraining(read('StaticSparse', args, SPARSE_TRAINING)), args);
  }
}
