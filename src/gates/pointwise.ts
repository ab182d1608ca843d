import * as tf from '@tensorflow/tfjs-core';
import {currentTape} from '../tfjs-internals.js';
import {sumTo} from './sum-to.js';

/** What a function of each value alone is there, and its slope for each input, computed only if gradients are. */
export interface Pointwise {
  readonly value: tf.Tensor;
  readonly slopes: () => tf.Tensor[];
}

/**
 * Applies a function to each value of some tensors, which may have size 1 along axes of the others. Their gradients are
 * products with the slopes. Gates are small, and to record an op, which saves its inputs and later casts them, takes
 * longer than to compute it.
 *
 * @example
 * const squares = pointwise([x], x => ({value: tf.square(x), slopes: () => [tf.mul(2, x)]}));
 */
export function pointwise<Inputs extends tf.Tensor[]>(
  inputs: readonly [...Inputs],
  at: (...inputs: Inputs) => Pointwise,
): tf.Tensor {
  if (!currentTape()) return at(...inputs).value;
  return tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const {value, slopes} = at(...(args as Inputs));
    save(slopes());
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        saved.map((slope, i) => tf.tidy(() => sumTo(tf.mul(dy, slope), inputs[i].shape))),
    };
  })(...inputs);
}

/** `value * factor`. */
export function scaledBy(value: tf.Tensor, factor: tf.Tensor): tf.Tensor {
  return pointwise([value, factor], (v, f) => ({value: tf.mul(v, f), slopes: () => [f, v]}));
}
