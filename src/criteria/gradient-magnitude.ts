import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {Criterion} from './criterion.js';

/**
 * How steeply the loss changes with a weight, whatever its value.
 *
 *     score(w) = |sum of dL/dw over the passes|
 *
 * Says where a weight would be of use rather than whether it is: methods that grow weights go by it (Evci et al. 2020,
 * https://arxiv.org/abs/1911.11134), and to prune, `taylor()` or `snip()` do better.
 *
 * @example
 * new GradualPruning({schedule, criterion: gradientMagnitude(), regrowth: true});
 */
export function gradientMagnitude(...none: []): Criterion {
  expectNoArguments('gradientMagnitude', none);
  return {
    name: 'gradientMagnitude',
    observe: (_weight, gradient) => gradient,
    score: (_weight, sum) => tf.abs(sum!),
  };
}
