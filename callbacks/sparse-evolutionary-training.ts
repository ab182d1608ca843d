import * as tf from '@tensorflow/tfjs-core';
import {normalNumbers, randomNumbers} from '../src/math/random-numbers.js';
import {dropSmallestPerSign} from '../src/math/rewiring.js';
import {expectNumber, expectOptions} from '../src/options/expect.js';
import {DYNAMIC_SPARSE_TRAINING_OPTIONS, rewiring, type DynamicSparseTrainingArgs} from './families/rewiring.js';
import type {Method} from './method.js';
import {PruningCallback} from './pruning-callback.js';

/**
 * Options of {@link SparseEvolutionaryTraining}: `stepUnit` defaults to 'epoch', `frequency` to 1, `decay` to
 * 'constant'.
 */
export interface SparseEvolutionaryTrainingArgs extends DynamicSparseTrainingArgs {
  /**
   * The deviation of the normal distribution that new weights are drawn from, >= 0. Defaults to 0: they start at zero.
   * The authors take 0.1, so that what is new is not the smallest, and first to fall, again.
   */
  startDeviation?: number;
}

/**
 * SET: trains a model that is sparse from its start, and lets connections evolve. After each epoch, in every layer, the
 * fraction `dropFraction` of its positive weights that are smallest falls, the same of its negative ones that are
 * closest to zero, each count rounded half to even; as many grow at random places. (Weights that are exactly zero count
 * as positive.) Let `endStep` be before the last epoch, so that what is grown is trained.
 *
 * New connections start at zero, as everywhere here, unless `startDeviation` has them drawn as the authors do.
 * Mocanu et al. 2018, https://arxiv.org/abs/1707.04780
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong; from `fit` where the model
 *     has no wrapped layer, `layers` matches none, weights are NaN, or the layers can't take so many zeros. Masks,
 *     weights and the optimizer are then as they were before the update.
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

/** Chance follows from the step, so that training that is resumed goes on as it would have. */
function sparseEvolutionaryTraining(args: SparseEvolutionaryTrainingArgs): Method {
  const options = [...DYNAMIC_SPARSE_TRAINING_OPTIONS, 'startDeviation'];
  const {startDeviation = 0} = expectOptions('SparseEvolutionaryTraining', args, options);
  expectNumber('startDeviation', startDeviation, {min: 0});
  const method = rewiring(args, {
    defaults: {decay: 'constant', frequency: 1, stepUnit: 'epoch'},
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
  return {...method, drawsByName: true};
}
