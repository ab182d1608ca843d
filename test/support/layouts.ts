import * as tf from '@tensorflow/tfjs';
import type {Criterion, WeightLayout} from 'tfjs-pruning';
import {scoreOf} from '../../src/criteria/criterion.js';

/** A layout whose last two axes are inputs and outputs, as those of most kernels. */
export function layout(shape: readonly number[], more: Partial<WeightLayout> = {}): WeightLayout {
  const rank = shape.length;
  return {name: 'layer/kernel', shape, inputAxes: [rank - 2], outputAxes: [rank - 1], gates: 1, ...more};
}

/** What a criterion makes of a weight, with nothing else to go by than what was observed. */
export function score(criterion: Criterion, weight: tf.Tensor, observed?: tf.Tensor): tf.Tensor {
  return tf.tidy(() => scoreOf(criterion, weight, observed, {layout: layout(weight.shape)}));
}
