import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import {alongAxes} from './along-axes.js';
import type {InputCriterion} from './criterion.js';

/**
 * The magnitude of a weight times the size of its input: a small weight on a large input matters.
 *
 *     score(w) = |w| * |X|_2,  with X all values of the input channel of w
 *
 * For kernels that multiply their layer's own input: those of Dense, Conv and DepthwiseConv layers. The paper compares
 * weights within each output: use it with `perOutput()`.
 * Sun et al. 2024, https://arxiv.org/abs/2306.11695
 *
 * @throws RangeError, before any pass, if a weight does not multiply its layer's own input.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, criterion: wanda(), data: {xs, ys}});
 */
export function wanda(...none: []): InputCriterion {
  expectNoArguments('wanda', none);
  return {
    name: 'wanda',
    sees: 'inputs',
    observe: input => tf.sum(tf.square(input), allButLast(input)),
    score: (weight, squares, {layout}) => tf.mul(tf.abs(weight), alongAxes(tf.sqrt(squares), layout.inputAxes, layout)),
  };
}

function allButLast({rank}: tf.Tensor): number[] {
  return Array.from({length: rank - 1}, (_, axis) => axis);
}
