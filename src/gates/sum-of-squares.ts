import * as tf from '@tensorflow/tfjs-core';

/** The sums of squares along some axes, of size 1 then. Their gradient, `2 x dy`, is one pass over `x`. */
export function sumOfSquares(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    const squares = tf.square(input as tf.Tensor);
    return {
      value: axes.length === 0 ? squares : tf.sum(squares, [...axes], true),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, tf.mul(2, dy)),
    };
  })(x);
}
