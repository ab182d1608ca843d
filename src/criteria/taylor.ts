import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {GradientCriterion} from './criterion.js';

/**
 * How much the loss would change if a weight were set to zero, to first order.
 *
 *     score(w) = |sum of w * dL/dw over the passes|
 *
 * Each pass multiplies the gradient of its mini-batch by the weight's value at that time.
 * Molchanov et al. 2017, https://arxiv.org/abs/1611.06440, and 2019, https://arxiv.org/abs/1906.10771
 *
 * @example
 * const schedule = polynomialDecay({finalSparsity: 0.9, beginStep: 100, endStep: 2000});
 * new GradualPruning({schedule, criterion: taylor()});
 */
export function taylor(...none: []): GradientCriterion {
  expectNoArguments('taylor', none);
  return {
    name: 'taylor',
    sees: 'gradients',
    observe: (weight, gradient) => tf.mul(weight, gradient),
    score: (_weight, sum) => tf.abs(sum),
  };
}
