import * as tf from '@tensorflow/tfjs-core';
import {expectNumber, expectOptions} from '../src/options/expect.js';
import {normalNumbers, randomNumbers} from '../src/math/random-numbers.js';
import {dropSmallestPerSign} from '../src/math/rewiring.js';
import type {PrunedWeight} from '../src/masks/pruned-weight.js';
import {
  DYNAMIC_SPARSE_TRAINING_OPTIONS,
  DynamicSparseTraining,
  type DynamicSparseTrainingArgs,
} from './dynamic-sparse-training.js';

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
export class SparseEvolutionaryTraining extends DynamicSparseTraining {
  readonly #startDeviation: number;

  constructor(args: SparseEvolutionaryTrainingArgs) {
    const options = [...DYNAMIC_SPARSE_TRAINING_OPTIONS, 'startDeviation'];
    super(expectOptions('SparseEvolutionaryTraining', args, options), {
      decay: 'constant',
      frequency: 1,
      stepUnit: 'epoch',
    });
    const {startDeviation = 0} = args;
    this.#startDeviation = expectNumber('startDeviation', startDeviation, {min: 0});
  }

  protected override drop(weights: Float32Array, kept: Uint8Array, fraction: number): Uint8Array {
    return dropSmallestPerSign(weights, kept, fraction);
  }

  /** Chance follows from the step, so that training that is resumed goes on as it would have. */
  protected override growthSignal({weight, name}: PrunedWeight, step: number): tf.Tensor {
    const {size, shape} = weight.mask.read();
    return tf.tensor(randomNumbers(size, `${this.seed} ${step} ${name}`), shape);
  }

  protected override startValues({weight, name}: PrunedWeight, step: number): Float32Array | undefined {
    if (this.#startDeviation === 0) return undefined;
    const {size} = weight.mask.read();
    return normalNumbers(size, `${this.seed} ${step} ${name}`).map(value => this.#startDeviation * value);
  }
}
