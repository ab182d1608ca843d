import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, expectOptions} from '../options/expect.js';
import {randomNumbers} from '../math/random-numbers.js';
import type {Criterion} from './criterion.js';

/** Options of {@link random}. */
export interface RandomArgs {
  /** A whole number >= 0; another one gives other weights. Defaults to 0. */
  seed?: number;
}

/**
 * Chance alone: the baseline that every other criterion has to beat.
 *
 *     score(w) = a uniform random number in [0, 1)
 *
 * The numbers follow from the seed, the weight's name and its shape, and from nothing else: they are the same on every
 * backend and at every update, so that masks nest when the sparsity grows, and training that is resumed goes on as it
 * would have. Two weights of different names get numbers that have nothing in common; name your layers, as tf.js
 * numbers unnamed ones in the order they are made.
 *
 * @throws TypeError or RangeError where an option is unknown or the seed is no whole number >= 0.
 *
 * @example
 * new GradualPruning({schedule, criterion: random({seed: 7})});
 */
export function random(args: RandomArgs = {}): Criterion {
  const {seed = 0} = expectOptions('random', args, ['seed']);
  expectInteger('seed', seed);
  return {
    score: ({shape, size}, _observed, {layout}) => tf.tensor(randomNumbers(size, `${seed} ${layout.name}`), shape),
  };
}
