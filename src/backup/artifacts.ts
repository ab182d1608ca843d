import * as tf from '@tensorflow/tfjs-core';

/** Values by their names, of which no two are the same. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** How a tensor's values are kept: as whatever backend has them, tf.js would write them in its own kind of array. */
const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/**
 * Tensors in the format in which tf.js keeps weights, bit by bit.
 *
 * @throws TypeError where one is of a type that weights do not have.
 */
export async function encodeTensors(
  tensors: Tensors,
): Promise<Required<Pick<tf.io.ModelArtifacts, 'weightSpecs' | 'weightData'>>> {
  const entries = Object.entries(tensors);
  const weightSpecs = entries.map(([name, {shape, dtype}]) => ({name, shape, dtype: expectKept(name, dtype)}));
  const values = await Promise.all(entries.map(async ([, tensor]) => tensor.data()));
  // `from` copies: what a backend hands out may be its own memory, and be of another type than the tensor's.
  const buffers = values.map((data, i) => ARRAYS[weightSpecs[i]!.dtype].from(data).buffer);
  return {weightSpecs, weightData: tf.io.CompositeArrayBuffer.join(buffers)};
}

/** The tensors that {@link encodeTensors} has kept; they belong to the caller. */
export function decodeTensors({weightData, weightSpecs}: tf.io.ModelArtifacts): Tensors {
  return tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData ?? []), weightSpecs ?? []);
}

function expectKept(name: string, dtype: tf.DataType): keyof typeof ARRAYS {
  if (dtype in ARRAYS) return dtype as keyof typeof ARRAYS;
  throw new TypeError(`Expected "${name}" to hold numbers or truth values, got ${dtype}; keep it as JSON`);
}
