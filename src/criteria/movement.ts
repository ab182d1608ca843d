import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {GradientCriterion} from './criterion.js';

/**
 * Whether training moves a weight away from zero or towards it: weights that shrink are removed, however large they
 * still are.
 *
 *     score(w) = -sum of w * dL/dw over all passes
 *
 * The sum runs over the whole training, as in the paper. Use it to fine-tune a trained model, with `regrowth: true`:
 * without it, the scores of pruned weights no longer change.
 * Sanh et al. 2020, https://arxiv.org/abs/2005.07683
 *
 * @example
 * // movement pruning: a cubic schedule over fine-tuning, with straight-through gradients for masked weights
 * const schedule = polynomialDecay({finalSparsity: 0.9, beginStep: 100, endStep: 2000, frequency: 1});
 * new GradualPruning({schedule, criterion: movement(), regrowth: true, allocation: globalRanking()});
 */
export function movement(...none: []): GradientCriterion {
  expectNoArguments('movement', none);
  return {
    name: 'movement',
    sees: 'gradients',
    observe: (weight, gradient) => tf.neg(tf.mul(weight, gradient)),
    score: (_weight, sum) => sum,
    remembers: true,
  };
}
