import type {io} from '@tensorflow/tfjs-core';
import {expectFinite, isKernel, type SavedWeight} from './artifacts.js';
import {halfBitsOf} from './format/half.js';
import {quantizeAffine} from './grid/quantize-affine.js';

/** How tf.js can store a number. */
export type StoredDtype = 'uint8' | 'uint16' | 'float16';

/** A weight as tf.js stores it. */
export interface StoredWeight {
  readonly spec: io.WeightsManifestEntry;
  readonly bytes: ArrayBuffer;
  /** What tf.js makes of it. */
  readonly values: ArrayLike<number>;
}

/**
 * Quantizes kernels, and leaves vectors as they are.
 *
 * @param isChosen whether a kernel is quantized, by its name: by default all are.
 * @throws RangeError if a weight to quantize is not finite, or beyond float16.
 */
export function quantizedWeights(
  weights: readonly SavedWeight[],
  dtype: StoredDtype,
  isChosen: (name: string) => boolean = () => true,
): StoredWeight[] {
  return weights.map(weight => {
    return isKernel(weight) && isChosen(weight.name) ? quantize(weight, dtype) : asItIs(weight);
  });
}

function quantize(weight: SavedWeight, dtype: StoredDtype): StoredWeight {
  const values = expectFinite(weight);
  const {name, shape} = weight;
  const spec = {name, shape: [...shape], dtype: 'float32' as const};
  if (dtype === 'float16') {
    const stored = Uint16Array.from(values, halfBitsOf);
    const largest = values.find(value => Math.abs(value) >= 65_520);
    if (largest === undefined) return {spec: {...spec, quantization: {dtype}}, bytes: stored.buffer, values: stored};
    throw new RangeError(`Expected weight "${name}" to be within the range of float16, got ${largest}`);
  }
  const {stored, scale, min} = quantizeAffine(values, dtype === 'uint8' ? 8 : 16);
  const decoded = Float32Array.from(stored, value => value * scale + min);
  return {spec: {...spec, quantization: {dtype, scale, min}}, bytes: stored.buffer as ArrayBuffer, values: decoded};
}

function asItIs({name, shape, dtype, values}: SavedWeight): StoredWeight {
  return {spec: {name, shape: [...shape], dtype}, bytes: values.buffer as ArrayBuffer, values};
}
