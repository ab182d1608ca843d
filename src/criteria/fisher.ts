import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {GradientCriterion} from './criterion.js';

/**
 * How much the loss would grow if a weight were zero: to second order around a minimum, with the diagonal of the
 * empirical Fisher information as the curvature.
 *
 *     score(w) = w^2 / 2 * sum of (dL/dw)^2 over the passes
 *
 * The gradient is that of each pass's mini-batch: batches of one example give the Fisher information itself, larger
 * ones a cheaper and coarser estimate.
 * Theis et al. 2018, https://arxiv.org/abs/1801.05787
 *
 * @example
 * new GradualPruning({schedule, criterion: fisher()});
 */
export function fisher(...none: []): GradientCriterion {
  expectNoArguments('fisher', none);
  return {
    name: 'fisher',
    sees: 'gradients',
    observe: (_weight, gradient) => tf.square(gradient),
    score: (weight, sum) => tf.mul(tf.mul(tf.square(weight), sum), 0.5),
  };
}

/**
 * Optimal brain damage, `w^2 / 2 * d2L/dw2`, with the second derivative taken from squared gradients: the same as
 * {@link fisher}. The paper propagates the diagonal of the Gauss-Newton matrix through the layers, which squared
 * gradients estimate up to a constant factor.
 * LeCun et al. 1990, https://papers.nips.cc/paper/250-optimal-brain-damage
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, criterion: optimalBrainDamage(), data: {xs, ys}});
 */
export function optimalBrainDamage(...none: []): GradientCriterion {
  expectNoArguments('optimalBrainDamage', none);
  return fisher();
}
