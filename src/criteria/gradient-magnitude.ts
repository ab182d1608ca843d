import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {GradientCriterion} from './criterion.js';

/**
 * How steeply the loss changes with a weight, whatever its value.
 *
 *     score(w) = |sum of dL/dw over the passes|
 *
 * It says where a weight would be useful rather than whether it is: methods grow weights by it (Evci et al. 2020,
 * https://arxiv.org/abs/1911.11134). To prune, `taylor()` or `snip()` do better.
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
