import * as tf from '@tensorflow/tfjs-core';

/** Tensors by unique names. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** The arrays in which values are saved; tf.js would write whatever kind of array the backend has. */
const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/**
 * Encodes tensors in the format in which tf.js saves weights, bit by bit.
 *
 * @throws TypeError if a tensor has a dtype that weights can't have.
 */
export async function encodeTensors(
  tensors: Tensors,
): Promise<Required<Pick<tf.io.ModelArtifacts, 'weightSpecs' | 'weightData'>>> {
  const entries = Object.entries(tensors);
  const weightSpecs = entries.map(([name, {shape, dtype}]) => ({name, shape, dtype: expectKept(name, dtype)}));
  const values = await Promise.all(entries.map(async ([, tensor]) => tensor.data()));
  // `from` copies: a backend may return its own memory, in an array of another type
  const buffers = values.map((data, i) => ARRAYS[weightSpecs[i]!.dtype].from(data).buffer);
  return {weightSpecs, weightData: tf.io.CompositeArrayBuffer.join(buffers)};
}

/** Decodes what {@link encodeTensors} has encoded; the tensors belong to the caller. */
export function decodeTensors({weightData, weightSpecs}: tf.io.ModelArtifacts): Tensors {
  return tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData ?? []), weightSpecs ?? []);
}

function expectKept(name: string, dtype: tf.DataType): keyof typeof ARRAYS {
  if (dtype in ARRAYS) return dtype as keyof typeof ARRAYS;
  throw new TypeError(`Expected "${name}" to hold numbers or booleans, got ${dtype}; save it as JSON`);
}
