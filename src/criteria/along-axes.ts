import * as tf from '@tensorflow/tfjs-core';
import type {WeightLayout} from '../structures/structure.js';

/**
 * Reshapes a vector so that it broadcasts along some axes of a weight: `[filters]` -> `[1, 1, 1, filters]`.
 */
export function alongAxes(vector: tf.Tensor, axes: readonly number[], {shape}: WeightLayout): tf.Tensor {
  return tf.reshape(
    vector,
    shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
  );
}
