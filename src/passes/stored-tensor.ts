import * as tf from '@tensorflow/tfjs-core';
import {dataNow} from '../tfjs-internals.js';

/** A tensor stored outside the backend. */
export interface StoredTensor {
  readonly values: tf.TypedArray;
  readonly shape: readonly number[];
  readonly dtype: tf.NumericDataType;
}

/** Downloads the values of a tensor; the tensor stays the caller's. */
export async function storedTensor(tensor: tf.Tensor): Promise<StoredTensor> {
  return stored(tensor, await tensor.data());
}

/** The same, synchronously, on backends that can. */
export function storedTensorNow(tensor: tf.Tensor): StoredTensor {
  return stored(tensor, dataNow(tensor));
}

/** Creates the tensor again, bit by bit; it belongs to the caller. */
export function tensorOf({values, shape, dtype}: StoredTensor): tf.Tensor {
  return tf.tensor(values, [...shape], dtype);
}

/** Copies the values: on some backends they are the memory of the tensor. */
function stored({shape, dtype}: tf.Tensor, values: tf.TypedArray): StoredTensor {
  return {values: values.slice(), shape, dtype: dtype as tf.NumericDataType};
}
