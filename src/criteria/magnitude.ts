import * as tf from '@tensorflow/tfjs-core';
import type {Criterion} from './criterion.js';

/**
 * The absolute value of a weight: the smallest go first. Simple, and hard to beat after training.
 *
 *     score(w) = |w|
 *
 * Han et al. 2015, https://arxiv.org/abs/1506.02626
 *
 * @example
 * new GradualPruning({schedule, criterion: magnitude()});
 */
export function magnitude(): Criterion {
  return {score: weight => tf.abs(weight)};
}
