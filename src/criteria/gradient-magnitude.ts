import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {GradientCriterion} from './criterion.js';

/**
 * How steeply the loss changes with a weight, regardless of the weight's value.
 *
 *     score(w) = |sum of dL/dw over the passes|
 *
 * It says where a weight would be useful rather than whether it is: sparse training uses it to grow weights (Evci et
 * al. 2020, https://arxiv.org/abs/1911.11134). For pruning, `taylor()` and `snip()` do better.
 *
 * @example
 * new GradualPruning({schedule, criterion: gradientMagnitude(), regrowth: true});
 */
export function gradientMagnitude(...none: []): GradientCriterion {
  expectNoArguments('gradientMagnitude', none);
  return {
    name: 'gradientMagnitude',
    sees: 'gradients',
    observe: (_weight, gradient) => gradient,
    score: (_weight, sum) => tf.abs(sum),
  };
}
