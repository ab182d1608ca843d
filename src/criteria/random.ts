import * as tf from '@tensorflow/tfjs-core';
import {integer} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {randomNumbers} from '../math/random-numbers.js';
import type {WeightCriterion} from './criterion.js';

const OPTIONS = {
  /** A whole number >= 0; each seed gives different scores. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link random}. */
export type RandomArgs = Args<typeof OPTIONS>;

/**
 * Random scores: the baseline for every other criterion.
 *
 *     score(w) = a uniform random number in [0, 1)
 *
 * The numbers depend only on the seed and the weight's name and shape. They are the same on every backend and at every
 * update, so that masks nest as the sparsity grows, and resumed training continues identically. Weights with different
 * names get independent numbers. Name your layers: tf.js numbers unnamed ones in order of creation.
 *
 * @throws TypeError or RangeError if an option is unknown or the seed is not a whole number >= 0.
 *
 * @example
 * new GradualPruning({schedule, criterion: random({seed: 7})});
 */
export function random(args: RandomArgs = {}): WeightCriterion {
  const {seed} = read('random', args, OPTIONS);
  return {
    score: ({shape, size}, {layout}) => tf.tensor(randomNumbers(size, `${seed} ${layout.name}`), shape),
  };
}
