import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {Criterion} from './criterion.js';

/**
 * Gradient signal preservation: keeps the weights without which the gradients, and so what training can do, would
 * become smaller.
 *
 *     score(w) = w * sum of (H g) over the passes,  with g = dL/dw and H the Hessian, of all pruned weights together
 *
 * Of the change `-w * (H g)` of half the squared norm of the gradient when a weight goes, those that make it larger go
 * first: scores have a sign. Meant for a network at its beginning, in one shot, with one ranking over all layers. `H g`
 * comes by central differences, three passes a batch; the paper divides the logits by a temperature of 200 before,
 * which is left to the loss. Wang et al. 2020, https://arxiv.org/abs/2002.07376
 *
 * @example
 * new PruneAtInitialization({sparsity: 0.9, criterion: grasp()});
 * await pruneOnce(model, {sparsity: 0.9, criterion: grasp(), allocation: globalRanking(), data: {xs, ys}});
 */
export function grasp(...none: []): Criterion {
  expectNoArguments('grasp', none);
  return {
    name: 'grasp',
    observe: (_weight, product) => product,
    score: (weight, sum) => tf.mul(weight, sum!),
    secondOrder: true,
  };
}
