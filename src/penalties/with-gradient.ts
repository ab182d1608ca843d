import * as tf from '@tensorflow/tfjs-core';

/**
 * A scalar function of a weight with a given gradient. Norms have none at zero, where tf.js computes NaN or -1; the
 * gradient 0 leaves pruned weights alone.
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
