import * as tf from '@tensorflow/tfjs-core';

/**
 * A scalar of a weight, with its gradient given by hand: norms have none at zero, where that of tf.js is NaN or -1
 * instead of the 0 that leaves alone what is pruned.
 */
export function withGradient(
  weight: tf.Tensor,
  value: (weight: tf.Tensor) => tf.Tensor,
  gradient: (weight: tf.Tensor) => tf.Tensor,
): tf.Scalar {
  const penalty = tf.customGrad((input, save) => {
    (save as (tensors: tf.Tensor[]) => void)([input as tf.Tensor]);
    return {
      value: value(input as tf.Tensor),
      gradFunc: (dy, [saved]) => tf.mul(dy, gradient(saved!)),
    };
  });
  return penalty(weight) as tf.Scalar;
}
