import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {Criterion} from './criterion.js';

/**
 * Connection sensitivity: the effect that a weight's mask has on the loss.
 *
 *     score(w) = |w * sum of dL/dw over the passes|
 *
 * Meant for a network at its beginning, in one shot, over one or a few batches and with one ranking over all layers;
 * the sum of all scores, by which the paper divides, changes no ranking. Unlike `taylor()` it takes the weights as they
 * are at the update. Over batches, where no weight changes, the two are the same.
 * Lee et al. 2019, https://arxiv.org/abs/1810.02340
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.9, criterion: snip(), allocation: globalRanking(), data: {xs, ys}});
 */
export function snip(...none: []): Criterion {
  expectNoArguments('snip', none);
  return {
    name: 'snip',
    observe: (_weight, gradient) => gradient,
    score: (weight, sum) => tf.abs(tf.mul(weight, sum!)),
  };
}
