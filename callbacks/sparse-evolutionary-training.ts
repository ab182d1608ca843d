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
   * The standard deviation of the normal distribution that new weights are drawn from, >= 0. Defaults to 0: they start
   * at zero. The authors use 0.1, so that new weights are not the first to be dropped again.
   */
  startDeviation?: number;
}

/**
 * SET: trains a model that is sparse from the start, and moves connections at random. After each epoch every layer
 * drops the fraction `dropFraction` of its smallest positive weights, and the same of its negative weights closest to
 * zero, each count rounded half to even; as many grow at random places. (Weights that are exactly zero count as
 * positive.) Set `endStep` before the last epoch, so that grown weights are trained.
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

/** Chance follows from the step, so that a resumed training continues as it would have. */
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
