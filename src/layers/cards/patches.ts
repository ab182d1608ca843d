import * as tf from '@tensorflow/tfjs-core';

/** How a window moves along one axis of an input. */
export interface WindowAxis {
  /** How many outputs there are along the axis. */
  readonly outputs: number;
  /** How many inputs the window covers. */
  readonly taps: number;
  /** The input that a tap of the window covers at an output; it may lie outside. */
  readonly source: (output: number, tap: number) => number;
}

/**
 * The inputs that a window covers, at each of its positions: what a convolution multiplies with its kernel, of any
 * number of spatial axes. Inputs outside are zero. Call it in a tidy.
 *
 * @param input `[examples, ...spatial, channels]`.
 * @param axes one for each spatial axis.
 * @returns `[positions of all examples, taps, channels]`, taps in row-major order, as in a kernel.
 */
export function patches(input: tf.Tensor, axes: readonly WindowAxis[]): tf.Tensor3D {
  const channels = input.shape.at(-1)!;
  const taps = along(input, axes, 1).map(tap => tf.reshape<tf.Rank.R3>(tap, [-1, 1, channels]));
  return taps.length === 1 ? taps[0]! : tf.concat3d(taps, 1);
}

function along(input: tf.Tensor, [first, ...others]: readonly WindowAxis[], axis: number): tf.Tensor[] {
  if (!first) return [input];
  return Array.from({length: first.taps}, (_, tap) => along(shifted(input, first, axis, tap), others, axis + 1)).flat();
}

/** The inputs under one tap, along one axis. */
function shifted(input: tf.Tensor, {outputs, source}: WindowAxis, axis: number, tap: number): tf.Tensor {
  const size = input.shape[axis]!;
  const isInside = (at: number) => Number.isInteger(at) && at >= 0 && at < size;
  const sources = Int32Array.from({length: outputs}, (_, output) => {
    const at = source(output, tap);
    return isInside(at) ? at : size; // the row of zeros
  });
  if (outputs === size && sources.every((at, i) => at === i)) return input;
  const margin = input.shape.map((_, i): [number, number] => [0, i === axis ? 1 : 0]);
  const padded = sources.includes(size) ? tf.pad(input, margin) : input;
  return tf.gather(padded, tf.tensor1d(sources, 'int32'), axis);
}
