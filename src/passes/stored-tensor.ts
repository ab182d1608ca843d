import * as tf from '@tensorflow/tfjs-core';

/** A tensor that waits off the backend. */
export interface StoredTensor {
  readonly values: tf.TypedArray;
  readonly shape: readonly number[];
  readonly dtype: tf.NumericDataType;
}

/** The values of a tensor, downloaded; the tensor stays the caller's. */
export async function storedTensor(tensor: tf.Tensor): Promise<StoredTensor> {
  return stored(tensor, await tensor.data());
}

/** The same at once, on backends that can. */
export function storedTensorNow(tensor: tf.Tensor): StoredTensor {
  return stored(tensor, tensor.dataSync());
}

/** The tensor again, bit by bit; it is the caller's. */
export function tensorOf({values, shape, dtype}: StoredTensor): tf.Tensor {
  return tf.tensor(values, [...shape], dtype);
}

/** A copy: on some backends the values are those that the tensor lives on. */
function stored({shape, dtype}: tf.Tensor, values: tf.TypedArray): StoredTensor {
  return {values: values.slice(), shape, dtype: dtype as tf.NumericDataType};
}
