import * as tf from '@tensorflow/tfjs-core';
import {currentTape} from '../tfjs-internals.js';

/** A function of each value alone: what it is there, and its derivative, which is computed if gradients are. */
export interface Pointwise {
  readonly value: tf.Tensor;
  readonly slope: () => tf.Tensor;
}

/**
 * Applies a function to each value of a tensor; its gradient is one product with the slope. Gates are small, and every
 * op that is recorded saves and casts its inputs, which takes longer than to compute it.
 */
export function pointwise(x: tf.Tensor, at: (x: tf.Tensor) => Pointwise): tf.Tensor {
  if (!currentTape()) return at(x).value;
  return tf.customGrad((input, save) => {
    const {value, slope} = at(input as tf.Tensor);
    (save as tf.GradSaveFunc)([slope()]);
    return {value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!)};
  })(x);
}
