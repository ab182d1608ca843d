import * as tf from '@tensorflow/tfjs-core';
import {oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {WeightCriterion} from './criterion.js';

const OPTIONS = {
  /** The norm by which groups of weights are compared: 1, 2 or Infinity. Defaults to 1. */
  norm: oneOf([1, 2, Infinity], 1),
};

/** Options of {@link magnitude}. */
export type MagnitudeArgs = Args<typeof OPTIONS>;

/**
 * The absolute value of a weight: the smallest weights are removed first. Simple, and hard to beat after training.
 *
 *     score(w) = |w|    norm 1, the default
 *     score(w) = w^2    norm 2
 *     score(w) = |w|    norm Infinity; a group scores its largest
 *
 * For single weights the norm makes no difference. Groups are compared by the mean over their weights: the mean of
 * `|w|` ranks groups of equal size as their L1 norms do, that of `w^2` as their L2 norms do. A `reduction` of the
 * structure takes precedence.
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; filters by their L1 norm: Li et al. 2017,
 * https://arxiv.org/abs/1608.08710
 *
 * @throws TypeError if an option is unknown, RangeError if the norm is another one.
 *
 * @example
 * new GradualPruning({schedule, criterion: magnitude({norm: 2}), structure: filters()});
 */
export function magnitude(args: MagnitudeArgs = {}): WeightCriterion {
  const {norm} = read('magnitude', args, OPTIONS);
  if (norm === 2) return {score: weight => tf.square(weight)};
  return {score: weight => tf.abs(weight), ...(norm === Infinity && {reduction: 'max'})};
}
