import {Pauses, type Pausing} from '../../display/pauses.js';
import {encodeLevels, type Kernel} from '../coder/coded-levels.js';
import {encodeText} from '../coder/coded-text.js';
import type {Lags} from '../coder/neighbors.js';
import {NumberModel} from '../coder/number-model.js';
import {RangeEncoder} from '../coder/range-coder.js';
import {ByteWriter} from './bytes.js';
import {checksum} from './checksum.js';
import {bitsOf, halfBitsOf} from './half.js';
import {SIGNATURE, VERSION} from './signature.js';
import {matrixOf, type FileWeight, type Json, type ModelFile} from './model-file.js';

const FURTHEST_LAG = 65535;

/**
 * The bytes of a model:
 *
 *     signature and version, the lengths of what follows,
 *     text      JSON: topology, and name, shape and coding of each weight
 *     numbers   weights number by number, and codebooks
 *     small     levels of vectors, and the exponents of scales
 *     kernels   levels of all others, last: they are decoded while they arrive
 *     CRC-32 of all
 *
 * @param work pauses when some weights are coded.
 */
export async function writeModelFile(
  {model, weights}: ModelFile,
  work: Pausing = new Pauses(),
): Promise<Uint8Array<ArrayBuffer>> {
  const text = JSON.stringify({...model, weights: weights.map(entryOf)});
  const coded = encodeText(text);
  const numbers = encodeNumbers(weights);
  const small = await encodeLevels(weights.flatMap(smallLevels), work);
  const kernels = await encodeLevels(weights.flatMap(kernelLevels), work);
  const writer = new ByteWriter();
  writer.bytes(SIGNATURE);
  writer.bytes(Uint8Array.of(VERSION));
  writer.number(new TextEncoder().encode(text).length);
  const parts = [coded, numbers, small.outline, small.bits, kernels.outline, kernels.bits];
  for (const {length} of parts) writer.number(length);
  writer.number(kernels.rowBytes);
  for (const part of parts) writer.bytes(part);
  const sum = checksum(writer.finish());
  writer.bytes(Uint8Array.of(sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24));
  return writer.finish();
}

/** What the text says of a weight. */
function entryOf(weight: FileWeight): Json {
  const {name, shape, coding} = weight;
  const entry = [name, shape, coding];
  if (coding === 'codebook') return [...entry, weight.codebook.length, weight.zero];
  if (coding !== 'grid') return entry;
  const {exponents} = weight;
  const isOne = exponents.length === 1 && matrixOf(shape).columns !== 1;
  return [...entry, middle(exponents), ...(isOne ? [1] : [])];
}

/** The exponents are coded by what they are above or below this. */
function middle(exponents: Int16Array): number {
  return [...exponents].sort((a, b) => a - b)[exponents.length >> 1] ?? 0;
}

function smallLevels(weight: FileWeight): Kernel[] {
  const levels: Int16Array[] = [];
  if (weight.coding === 'grid') {
    const center = middle(weight.exponents);
    levels.push(weight.exponents.map(exponent => exponent - center));
  }
  if ('levels' in weight && matrixOf(weight.shape).columns === 1) levels.push(weight.levels);
  return levels.map(column => ({levels: column, rows: column.length, columns: 1, lags: {near: 1, far: 0}}));
}

function kernelLevels(weight: FileWeight): Kernel[] {
  const {rows, columns} = matrixOf(weight.shape);
  if (!('levels' in weight) || columns === 1) return [];
  const lags = lagsOf(weight.shape, rows);
  return [{levels: weight.levels, rows, columns, ...(lags && {lags})}];
}

/** From a tap of a convolution to the one above it, and to the one a line above. */
function lagsOf(shape: readonly number[], rows: number): Lags | undefined {
  const taps = shape.slice(0, -2);
  const count = taps.reduce((product, size) => product * size, 1);
  if (count < 2 || rows === 0) return undefined;
  const near = rows / count;
  const width = taps.at(-1)!;
  const far = width === 1 || width === count ? 0 : width * near;
  return Math.max(near, far) > FURTHEST_LAG ? undefined : {near, far};
}

function encodeNumbers(weights: readonly FileWeight[]): Uint8Array {
  const range = new RangeEncoder();
  for (const weight of weights) {
    const model = new NumberModel();
    if (weight.coding === 'codebook') {
      for (const value of weight.codebook) model.code(range, bitsOf(value), 32);
    } else if (weight.coding !== 'grid') {
      for (const value of weight.values) codeNumber(model, range, weight.coding, value);
    }
  }
  return range.finish();
}

function codeNumber(model: NumberModel, range: RangeEncoder, coding: string, value: number): void {
  if (coding === 'float16') model.code(range, halfBitsOf(value), 16);
  else model.code(range, coding === 'float32' ? bitsOf(value) : value >>> 0, 32);
}
