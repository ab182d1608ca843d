import * as tf from '@tensorflow/tfjs-core';
import type {WeightLayout} from '../structures/structure.js';

/**
 * A vector in a shape that spreads along some axes of a weight when it meets it: `[filters]` -> `[1, 1, 1, filters]`.
 */
export function alongAxes(vector: tf.Tensor, axes: readonly number[], {shape}: WeightLayout): tf.Tensor {
  return tf.reshape(
    vector,
    shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
  );
}
