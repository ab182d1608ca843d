import type {io} from '@tensorflow/tfjs-core';
import {isList, received} from '../options/expect.js';

/** Bytes per value in a file. A string has four bytes for its length, and no fixed size. */
const BYTES: Record<string, number> = {float32: 4, int32: 4, bool: 1, complex64: 8, string: 4};
const QUANTIZED_BYTES: Record<string, number> = {uint8: 1, uint16: 2, float16: 2};
const DTYPES_OF_QUANTIZED: Record<string, readonly string[]> = {
  uint8: ['float32', 'int32'],
  uint16: ['float32', 'int32'],
  float16: ['float32'],
};

/** The number of bytes of some weights in files: a minimum, which is exact unless there are strings among them. */
export interface WeightBytes {
  readonly atLeast: number;
  readonly exact: boolean;
}

/**
 * The bytes of weights in files, from their shapes and dtypes.
 *
 * @throws TypeError or RangeError that names the weight with a wrong specification.
 */
export function bytesOf(specs: readonly io.WeightsManifestEntry[], where: string): WeightBytes {
  const sizes = specs.map((spec, i) => sizeOf(spec, `weight ${i} of ${where}`));
  return {atLeast: sizes.reduce((sum, size) => sum + size, 0), exact: specs.every(({dtype}) => dtype !== 'string')};
}

function sizeOf(spec: io.WeightsManifestEntry, where: string): number {
  const {name, shape, dtype} = Object(spec) as Partial<io.WeightsManifestEntry>;
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`Expected ${where} to have a name, got ${received(name)}`);
  const weight = `weight "${name}" of ${where.replace(/^.*? of /, '')}`;
  const values = count(shape, weight);
  const bytes = values * bytesEach(spec, dtype, weight);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new RangeError(`Expected ${weight} to fit into memory, got shape [${shape!.join()}]: ${values} values`);
}

function count(shape: readonly number[] | undefined, weight: string): number {
  if (!isList(shape))
    throw new TypeError(`Expected ${weight} to have a list of sizes as its shape, got ${received(shape)}`);
  for (const size of shape!) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(`Expected the shape of ${weight} to hold whole numbers >= 0, got ${received(size)}`);
    }
  }
  return shape!.reduce((product, size) => product * size, 1);
}

function bytesEach(spec: io.WeightsManifestEntry, dtype: string | undefined, weight: string): number {
  expectKnown('dtype', dtype, Object.keys(BYTES), weight);
  return 'quantization' in spec ? quantizedBytesEach(spec.quantization, dtype!, weight) : BYTES[dtype!]!;
}

function quantizedBytesEach(quantization: unknown, dtype: string, weight: string): number {
  const {dtype: stored, min, scale} = Object(quantization) as Record<string, unknown>;
  expectKnown('quantization', stored, Object.keys(QUANTIZED_BYTES), weight);
  expectKnown('dtype', dtype, DTYPES_OF_QUANTIZED[stored as string]!, `${weight}, quantized to ${String(stored)},`);
  if (stored !== 'float16' && !(Number.isFinite(min) && Number.isFinite(scale))) {
    throw new TypeError(
      `Expected the quantization of ${weight} to have numbers min and scale, ` +
        `got ${received(min)} and ${received(scale)}`,
    );
  }
  return QUANTIZED_BYTES[stored as string]!;
}

function expectKnown(what: string, value: unknown, known: readonly string[], weight: string): void {
  if (typeof value === 'string' && known.includes(value)) return;
  throw new TypeError(`Expected the ${what} of ${weight} to be one of ${known.join(', ')}, got ${received(value)}`);
}
