import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {GradientCriterion} from './criterion.js';

/**
 * Connection sensitivity: the effect that a weight's mask has on the loss.
 *
 *     score(w) = |w * sum of dL/dw over the passes|
 *
 * Use it before training: in one shot, over one or a few batches, with one ranking over all layers. The paper divides
 * by the sum of all scores, which changes no ranking. Unlike `taylor()`, it multiplies by the weights at the update;
 * over `data`, where no weight changes, the two are the same.
 * Lee et al. 2019, https://arxiv.org/abs/1810.02340
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.9, criterion: snip(), allocation: globalRanking(), data: {xs, ys}});
 */
export function snip(...none: []): GradientCriterion {
  expectNoArguments('snip', none);
  return {
    name: 'snip',
    sees: 'gradients',
    observe: (_weight, gradient) => gradient,
    score: (weight, sum) => tf.abs(tf.mul(weight, sum)),
  };
}
