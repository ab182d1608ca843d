import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {Criterion} from './criterion.js';

/**
 * Whether training moves a weight away from zero or towards it: weights that shrink go, however large they still are.
 *
 *     score(w) = -sum of w * dL/dw over all passes
 *
 * The sum is never begun anew, as the scores of the paper are never reset. Meant for fine-tuning a model that was
 * trained already, and for `regrowth: true`: without it the scores of what is gone stand still.
 * Sanh et al. 2020, https://arxiv.org/abs/2005.07683
 *
 * @example
 * // movement pruning: a cubic schedule over fine-tuning, masked weights that train on straight through their masks
 * const schedule = polynomialDecay({finalSparsity: 0.9, beginStep: 100, endStep: 2000, frequency: 1});
 * new GradualPruning({schedule, criterion: movement(), regrowth: true, allocation: globalRanking()});
 */
export function movement(...none: []): Criterion {
  expectNoArguments('movement', none);
  return {
    name: 'movement',
    observe: (weight, gradient) => tf.neg(tf.mul(weight, gradient)),
    score: (_weight, sum) => sum!,
    remembers: true,
  };
}
