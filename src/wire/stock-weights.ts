import type {io} from '@tensorflow/tfjs-core';
import {expectFinite, isKernel, type SavedWeight} from './artifacts.js';
import {halfBitsOf, halved} from './format/half.js';
import {quantizeAffine} from './grid/quantize-affine.js';

/** How weights are stored such that tf.js reads them by itself. */
export interface StockCoding {
  /** Of kernels: as 16-bit floats, or in so many steps from the least to the largest; up to 255 take one byte. */
  readonly kernels: 'float16' | number;
  /** Of all others; an array with a number beyond 65504 stays float32. */
  readonly others: 'float32' | 'float16';
}

/** A weight as tf.js stores it. */
export interface StockWeight {
  readonly spec: io.WeightsManifestEntry;
  readonly bytes: ArrayBuffer;
  /** What tf.js makes of it. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/**
 * Stores weights as tf.js can.
 *
 * @param isChosen whether a kernel is quantized, by its name: by default all are.
 * @throws RangeError if a weight to quantize is not finite, or beyond float16.
 */
export function stockWeights(
  weights: readonly SavedWeight[],
  {kernels, others}: StockCoding,
  isChosen: (name: string) => boolean = () => true,
): StockWeight[] {
  return weights.map(weight => {
    if (!isKernel(weight) || !isChosen(weight.name)) return (others === 'float16' && asHalf(weight)) || asItIs(weight);
    return kernels === 'float16' ? expectHalf(weight) : quantized(weight, kernels);
  });
}

function quantized(weight: SavedWeight, steps: number): StockWeight {
  const {stored, scale, min} = quantizeAffine(expectFinite(weight), steps);
  const dtype = stored instanceof Uint8Array ? ('uint8' as const) : ('uint16' as const);
  return {
    spec: {...specOf(weight), quantization: {dtype, scale, min}},
    bytes: stored.buffer as ArrayBuffer,
    values: Float32Array.from(stored, value => value * scale + min),
  };
}

function expectHalf(weight: SavedWeight): StockWeight {
  const values = expectFinite(weight);
  const stored = asHalf(weight);
  if (stored) return stored;
  const largest = values.find(value => Math.abs(value) > 65_504);
  throw new RangeError(`Expected weight "${weight.name}" to be within the range of float16, got ${largest}`);
}

/** Undefined if it has other numbers. */
function asHalf(weight: SavedWeight): StockWeight | undefined {
  const values = weight.dtype === 'float32' ? halved(weight.values as Float32Array) : undefined;
  if (!values) return undefined;
  const spec = {...specOf(weight), quantization: {dtype: 'float16' as const}};
  return {spec, bytes: Uint16Array.from(values, halfBitsOf).buffer, values};
}

function asItIs(weight: SavedWeight): StockWeight {
  return {spec: specOf(weight), bytes: weight.values.buffer as ArrayBuffer, values: weight.values};
}

function specOf({name, shape, dtype}: SavedWeight) {
  return {name, shape: [...shape], dtype};
}
