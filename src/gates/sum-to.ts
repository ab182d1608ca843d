import * as tf from '@tensorflow/tfjs-core';

/** The sums along the axes in which a shape of the same rank has size 1. */
export function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = [...shape.keys()].filter(axis => shape[axis] !== x.shape[axis]);
  return axes.length === 0 ? x : tf.sum(x, axes, true);
}
