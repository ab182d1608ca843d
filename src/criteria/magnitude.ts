import * as tf from '@tensorflow/tfjs-core';
import {expectOptions, received} from '../options/expect.js';
import type {Criterion} from './criterion.js';

/** Options of {@link magnitude}. */
export interface MagnitudeArgs {
  /** By which norm groups of weights are compared: 1, 2 or Infinity. Defaults to 1. */
  norm?: number;
}

/**
 * The absolute value of a weight: the smallest go first. Simple, and hard to beat after training.
 *
 *     score(w) = |w|    norm 1, the default
 *     score(w) = w^2    norm 2
 *     score(w) = |w|    norm Infinity, of which a group gets the largest
 *
 * The norm makes no difference to single weights. Groups are compared by the mean over their weights: of `|w|` it
 * orders groups of equal size as their L1 norms do, of `w^2` as their L2 norms do. A structure that is told its own
 * reduction goes by that.
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; filters by their L1 norm: Li et al. 2017,
 * https://arxiv.org/abs/1608.08710
 *
 * @throws TypeError where an option is unknown, RangeError where the norm is another one.
 *
 * @example
 * new GradualPruning({schedule, criterion: magnitude({norm: 2}), structure: filters()});
 */
export function magnitude(args: MagnitudeArgs = {}): Criterion {
  const {norm = 1} = expectOptions('magnitude', args, ['norm']);
  if (norm === 1) return {score: weight => tf.abs(weight)};
  if (norm === 2) return {score: weight => tf.square(weight)};
  if (norm === Infinity) return {score: weight => tf.abs(weight), reduction: 'max'};
  throw new RangeError(`Expected \`norm\` to be 1, 2 or Infinity, got ${received(norm)}`);
}
