import * as tf from '@tensorflow/tfjs-core';
import {expectOptions, received} from '../options/expect.js';
import type {WeightCriterion} from './criterion.js';

/** Options of {@link magnitude}. */
export interface MagnitudeArgs {
  /** The norm by which groups of weights are compared: 1, 2 or Infinity. Defaults to 1. */
  norm?: number;
}

/**
 * The absolute value of a weight: the smallest weights are removed first. Simple, and hard to beat after training.
 *
 *     score(w) = |w|    norm 1, the default
 *     score(w) = w^2    norm 2
 *     score(w) = |w|    norm Infinity; a group scores its largest
 *
 * The norm makes no difference to single weights. Groups are compared by the mean over their weights: the mean of `|w|`
 * orders groups of equal size as their L1 norms do, that of `w^2` as their L2 norms do. A structure with a `reduction`
 * of its own uses that.
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; filters by their L1 norm: Li et al. 2017,
 * https://arxiv.org/abs/1608.08710
 *
 * @throws TypeError if an option is unknown, RangeError if the norm is another one.
 *
 * @example
 * new GradualPruning({schedule, criterion: magnitude({norm: 2}), structure: filters()});
 */
export function magnitude(args: MagnitudeArgs = {}): WeightCriterion {
  const {norm = 1} = expectOptions('magnitude', args, ['norm']);
  if (norm === 1) return {score: weight => tf.abs(weight)};
  if (norm === 2) return {score: weight => tf.square(weight)};
  if (norm === Infinity) return {score: weight => tf.abs(weight), reduction: 'max'};
  throw new RangeError(`Expected \`norm\` to be 1, 2 or Infinity, got ${received(norm)}`);
}
