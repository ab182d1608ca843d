import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {GradientCriterion} from './criterion.js';

/**
 * Gradient signal preservation: keeps the weights whose removal would shrink the gradients and so slow down training.
 *
 *     score(w) = w * sum of (H g) over the passes,  with g = dL/dw and H the Hessian over all pruned weights jointly
 *
 * Removing a weight changes half the squared norm of the gradient by `-w * (H g)`. Weights whose removal increases it
 * are removed first, so scores have a sign. Use it before training, in one shot, with one ranking over all layers.
 * `H g` is computed by central differences, in three passes over each batch. The paper divides the logits by a
 * temperature of 200; do so in the loss. Wang et al. 2020, https://arxiv.org/abs/2002.07376
 *
 * @example
 * new PruneAtInitialization({sparsity: 0.9, criterion: grasp()});
 * await pruneOnce(model, {sparsity: 0.9, criterion: grasp(), allocation: globalRanking(), data: {xs, ys}});
 */
export function grasp(...none: []): GradientCriterion {
  expectNoArguments('grasp', none);
  return {
    name: 'grasp',
    sees: 'curvature',
    observe: (_weight, product) => product,
    score: (weight, sum) => tf.mul(weight, sum),
  };
}
