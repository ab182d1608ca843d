import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, expectOptions} from '../options/expect.js';
import {randomNumbers} from '../math/random-numbers.js';
import type {WeightCriterion} from './criterion.js';

/** Options of {@link random}. */
export interface RandomArgs {
  /** A whole number >= 0; each one gives other scores. Defaults to 0. */
  seed?: number;
}

/**
 * Random scores: the baseline that every other criterion has to beat.
 *
 *     score(w) = a uniform random number in [0, 1)
 *
 * The numbers depend on the seed, the weight's name and its shape alone. They are the same on every backend and at
 * every update, so that masks nest when the sparsity grows, and a training that is resumed continues as it would have.
 * Weights of different names get independent numbers. Name your layers: tf.js numbers unnamed ones in the order they
 * are made.
 *
 * @throws TypeError or RangeError if an option is unknown or the seed is no whole number >= 0.
 *
 * @example
 * new GradualPruning({schedule, criterion: random({seed: 7})});
 */
export function random(args: RandomArgs = {}): WeightCriterion {
  const {seed = 0} = expectOptions('random', args, ['seed']);
  expectInteger('seed', seed);
  return {
    score: ({shape, size}, {layout}) => tf.tensor(randomNumbers(size, `${seed} ${layout.name}`), shape),
  };
}
