import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {Criterion} from './criterion.js';

/**
 * How much the loss would change if a weight were zero, to first order.
 *
 *     score(w) = |sum of w * dL/dw over the passes|
 *
 * Each pass multiplies the gradient of its mini-batch by the weight of that time.
 * Molchanov et al. 2017, https://arxiv.org/abs/1611.06440, and 2019, https://arxiv.org/abs/1906.10771
 *
 * @example
 * new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.9, beginStep: 100, endStep: 2000}), criterion:
 * taylor()});
 */
export function taylor(...none: []): Criterion {
  expectNoArguments('taylor', none);
  return {
    name: 'taylor',
    observe: (weight, gradient) => tf.mul(weight, gradient),
    score: (_weight, sum) => tf.abs(sum!),
  };
}
