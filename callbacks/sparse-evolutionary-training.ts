import * as tf from '@tensorflow/tfjs-core';
import {normalNumbers, randomNumbers} from '../src/math/random-numbers.js';
import {dropSmallestPerSign} from '../src/math/rewiring.js';
import {number, oneOf} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args, Extended} from '../src/options/table.js';
import {DYNAMIC_SPARSE_TRAINING, rewiring} from './families/rewiring.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

const OPTIONS = {
  /**
   * How `dropFraction` develops: 'constant', or 'cosine', half a cosine that falls to 0 at `endStep`:
   * `dropFraction / 2 * (1 + cos(pi * step / endStep))`. Defaults to 'constant'.
   */
  decay: oneOf(['constant', 'cosine'], 'constant'),
  /**
   * The standard deviation of the normal distribution that new weights are drawn from, >= 0. Defaults to 0: they start
   * at zero. The authors use 0.1, so that new weights are not the first to be dropped again.
   */
  startDeviation: number({min: 0}, 0),
};

/** Options of {@link SparseEvolutionaryTraining}. */
export type SparseEvolutionaryTrainingArgs = Args<Extended<typeof DYNAMIC_SPARSE_TRAINING, typeof OPTIONS>>;

/**
 * SET: trains a model that is sparse from the start, and moves connections at random. After each epoch every layer
 * drops the fraction `dropFraction` of its smallest positive weights, and the same of its negative weights closest to
 * zero, each count rounded half to even; as many grow at random places. (Weights that are exactly zero count as
 * positive.) `sparsity` alone does so in the first three quarters of the fit, so that grown weights are trained; else
 * `endStep` is the last epoch to do so, or, with `stepUnit: 'fit'`, a fraction of the fit.
 *
 * New connections start at zero, unless `startDeviation` draws them as the authors do.
 * Mocanu et al. 2018, https://arxiv.org/abs/1707.04780
 *
 * @throws TypeError or RangeError from the constructor if an option is unknown or wrong; from `fit` if the model has no
 *     wrapped layer, `layers` matches none, weights are NaN, or the layers can't take so many zeros. Masks, weights and
 *     the optimizer are then as they were before the update.
 *
 * @example
 * const callbacks = [new SparseEvolutionaryTraining({sparsity: 0.95, endStep: 49, seed: 1})];
 * await model.fit(x, y, {epochs: 50, callbacks});
 */
export class SparseEvolutionaryTraining extends PruningCallback {
  constructor(args: SparseEvolutionaryTrainingArgs) {
    super(sparseEvolutionaryTraining(args), args);
  }
}

/** Random numbers depend on the step, so that a resumed training draws the same. */
function sparseEvolutionaryTraining(args: SparseEvolutionaryTrainingArgs): Method {
  const options = read('SparseEvolutionaryTraining', args, {...DYNAMIC_SPARSE_TRAINING, ...OPTIONS});
  const {startDeviation} = options;
  const method = rewiring('SparseEvolutionaryTraining', options, {
    drop: dropSmallestPerSign,
    growthSignal({weight, name}, {seed, step}) {
      const {size, shape} = weight.mask.read();
      return tf.tensor(randomNumbers(size, `${seed} ${step} ${name}`), shape);
    },
    startValues({weight, name}, {seed, step}) {
      if (startDeviation === 0) return undefined;
      const {size} = weight.mask.read();
      return normalNumbers(size, `${seed} ${step} ${name}`).map(value => startDeviation * value);
    },
  });
  return {stepUnit: 'epoch', unitOfFit: 'epoch', ...method, drawsByName: true};
}
