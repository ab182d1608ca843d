import type * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {countOf} from '../math/count-of.js';

/** How many weights there are, and how many of them are zero. */
export interface ZeroCount {
  /** How many weights there are. */
  readonly weights: number;
  /** How many of them are zero. */
  readonly zeros: number;
}

/**
 * Counts the zeros in the current masks.
 *
 * @throws RangeError if a mask holds anything but 0 and 1.
 */
export async function countMasked(weights: readonly MaskedWeight[]): Promise<ZeroCount> {
  const counts: ZeroCount[] = [];
  for (const weight of weights) {
    const values = await weight.maskValues();
    counts.push({weights: values.length, zeros: countOf(values, 0)});
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

/** Downloads the values of a tensor of floats. */
export async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  return (await tensor.data()) as Float32Array;
}
