import * as tf from '@tensorflow/tfjs';

/** `((a i^2 + b i) mod 11 - 5.25) / c` for each index i: no value is zero. */
export function sequence(shape: number[], a: number, b: number, c = 3): tf.Tensor {
  const values = Float32Array.from(
    {length: tf.util.sizeFromShape(shape)},
    (_, i) => (((a * i * i + b * i) % 11) - 5.25) / c,
  );
  return tf.tensor(values, shape);
}
