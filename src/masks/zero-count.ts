import type * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';

/** How many of the weights are zero. */
export interface ZeroCount {
  readonly weights: number;
  readonly zeros: number;
}

/**
 * Counts the zeros in the masks as they are.
 *
 * @throws RangeError where a mask holds something else than 0 and 1, as it does in a file that is damaged.
 */
export async function countMasked(weights: readonly MaskedWeight[]): Promise<ZeroCount> {
  const counts: ZeroCount[] = [];
  for (const {name, mask} of weights) {
    const values = await valuesOf(mask.read());
    let ones = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== 0 && value !== 1) throw notAMask(name, value, i, 'the file that it came from is damaged');
      ones += value;
    }
    counts.push({weights: values.length, zeros: values.length - ones});
  }
  return total(counts);
}

/** The zeros of several weights together. */
export function total(counts: readonly ZeroCount[]): ZeroCount {
  return counts.reduce((sum, {weights, zeros}) => ({weights: sum.weights + weights, zeros: sum.zeros + zeros}), {
    weights: 0,
    zeros: 0,
  });
}

/** The error for a mask that holds something else than 0 and 1. */
export function notAMask(name: string, value: number, index: number, cause: string): RangeError {
  return new RangeError(
    `Expected the mask of "${name}" to hold only 0 and 1, got ${value} at index ${index}; ${cause}`,
  );
}

/** The values of a tensor of floats, downloaded. */
export async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  return (await tensor.data()) as Float32Array;
}
