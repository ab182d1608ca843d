import * as tf from '@tensorflow/tfjs-core';

/** `value * factor`, where the factor may have size 1 along axes of the value. */
export function scaledBy(value: tf.Tensor, factor: tf.Tensor): tf.Tensor {
  return tf.customGrad((v, f, save) => {
    (save as tf.GradSaveFunc)([v as tf.Tensor, f as tf.Tensor]);
    return {
      value: tf.mul(v as tf.Tensor, f as tf.Tensor),
      // That of tf.mul copies both tensors, to cast them.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
        tf.mul(dy, saved[1]!),
        tf.tidy(() => sumTo(tf.mul(dy, saved[0]!), saved[1]!.shape)),
      ],
    };
  })(value, factor);
}

/** A tensor repeated along its axes of size 1. */
export function broadcast(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (tf.util.arraysEqual(x.shape, [...shape])) return x;
  return tf.customGrad(input => ({
    value: tf.mul(input as tf.Tensor, tf.ones([...shape])),
    gradFunc: (dy: tf.Tensor) => sumTo(dy, x.shape),
  }))(x);
}

/** The sums along the axes in which a shape of the same rank has size 1. */
function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = [...shape.keys()].filter(axis => shape[axis] !== x.shape[axis]);
  return axes.length === 0 ? x : tf.sum(x, axes, true);
}
