import {sizeOf} from '../../math/size-of.js';
import {readOutline, type MatrixSize, type Outline} from '../coder/outline.js';
import type {Decoder, LevelDecoder, NumberRun, TakeRows} from '../decoder/decoder.js';
import {startDecoder} from '../decoder/start-decoder.js';
import {CompressedFileError} from './compressed-file-error.js';
import {readEntries, type WeightEntry} from './entries.js';
import {valueOfHalf} from './half.js';
import type {Head, Part} from './head.js';
import {matrixOf, type FileWeight, type Json} from './model-file.js';

/** Takes the levels of a weight, whole rows at a time. */
export interface LevelTaker {
  /** @param levels belong to the decoder. */
  take(levels: Int16Array): void;
}

/** A weight of a file that is read. */
export interface ArrivingWeight<L> {
  readonly weight: FileWeight<L>;
  /** Whether some of its levels are still to come. */
  readonly isToCome: boolean;
}

/** A file that is read: all of it is there but some levels of kernels. */
export interface ArrivingFile<L> {
  readonly model: {readonly [key: string]: Json};
  readonly weights: readonly ArrivingWeight<L>[];
}

/** A file, and what decodes its kernels. */
export interface Body<L> extends ArrivingFile<L> {
  readonly kernels: LevelDecoder;
  readonly take: TakeRows;
}

/** A weight takes at least so little of a byte: no small file can ask for much memory. */
const LEVELS_A_BYTE = 16_384;
const [BITS_A_BYTE, BITS_OF_MODEL] = [2048, {float32: 32, float16: 16, int32: 32, bool: 32}];
const MOST_WEIGHTS = 2 ** 28;

/**
 * Reads all but the kernels.
 *
 * @param bytes of the file; its kernels need not be there yet.
 * @param taker makes what takes the levels of a weight.
 * @throws CompressedFileError if something in it can't be.
 */
export async function readBody<L extends LevelTaker>(
  bytes: Uint8Array,
  head: Head,
  taker: (rows: number, columns: number) => L,
): Promise<Body<L>> {
  const decoder = await startDecoder();
  const partOf = ({start, end}: Part) => bytes.subarray(start, end);
  const {weights, ...model} = parsed(decoder.text(partOf(head.text), head.textBytes));
  const entries = readEntries(weights);
  const [smallSizes, kernelSizes] = [entries.flatMap(smallSizesOf), entries.flatMap(kernelSizesOf)];
  expectRoom(sumOf(smallSizes), LEVELS_A_BYTE, head.small);
  expectRoom(sumOf(kernelSizes), LEVELS_A_BYTE, head.kernels);
  expectRoom(bitsOfNumbers(entries), BITS_A_BYTE, head.numbers);
  const numbers = decoder
    .numbers(partOf(head.numbers), entries.map(runOf))
    .map((bits, i) => numbersOf(entries[i]!, bits));
  const small = readLevels(decoder, partOf(head.small), readOutline(partOf(head.smallOutline), smallSizes));
  const outline = readOutline(partOf(head.outline), kernelSizes);
  return {
    model,
    kernels: decoder.levels({...outline, bits: partOf(head.kernels), rowBytes: head.rowBytes}),
    ...assembled(entries, numbers, small, taker),
  };
}

/** All levels of a part that is there. */
function readLevels(decoder: Decoder, bits: Uint8Array, outline: Outline): Int16Array[] {
  const all: Int16Array[] = [];
  decoder.levels({...outline, bits, rowBytes: 0}).decode(bits.length, (_, levels) => all.push(levels.slice()));
  return all;
}

function parsed(text: string): Record<string, Json> {
  let json: unknown;
  try {
    json = JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw new CompressedFileError('its text has a "__proto__"');
      return value;
    });
  } catch (error) {
    if (error instanceof CompressedFileError) throw error;
    throw new CompressedFileError('its text is no JSON');
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, Json>;
  throw new CompressedFileError('its text is no object');
}

/** Of the values; a kernel without rows still has columns, of which something is kept. */
function sumOf(sizes: readonly MatrixSize[]): number {
  return sizes.reduce((sum, {rows, columns}) => sum + Math.max(1, rows) * columns, 0);
}

function expectRoom(count: number, mostAByte: number, {start, end}: Part): void {
  if (count <= mostAByte * (end - start + 1) && count <= MOST_WEIGHTS) return;
  throw new CompressedFileError(`it says that ${end - start} bytes hold ${count} values`);
}

function columnOf(rows: number): MatrixSize {
  return {rows, columns: 1};
}

function smallSizesOf({coding, shape, scales}: WeightEntry): MatrixSize[] {
  if (coding !== 'grid' && coding !== 'codebook') return [];
  const exponents = coding === 'grid' ? [columnOf(scales)] : [];
  return matrixOf(shape).columns === 1 ? [...exponents, columnOf(sizeOf(shape))] : exponents;
}

function kernelSizesOf({coding, shape}: WeightEntry): MatrixSize[] {
  const size = matrixOf(shape);
  return (coding === 'grid' || coding === 'codebook') && size.columns !== 1 ? [size] : [];
}

function bitsOfNumbers(entries: readonly WeightEntry[]): number {
  return entries.reduce((sum, {coding, shape, values}) => {
    if (coding === 'grid') return sum;
    return sum + (coding === 'codebook' ? 32 * values : BITS_OF_MODEL[coding] * sizeOf(shape));
  }, 0);
}

/** The numbers of a weight, or its codebook. */
function runOf({coding, shape, values}: WeightEntry): NumberRun {
  if (coding === 'grid') return {count: 0, bits: 32};
  return {count: coding === 'codebook' ? values : sizeOf(shape), bits: coding === 'float16' ? 16 : 32};
}

function numbersOf({coding}: WeightEntry, bits: Uint32Array<ArrayBuffer>): Float32Array | Int32Array | Uint8Array {
  if (coding === 'int32') return new Int32Array(bits.buffer);
  if (coding === 'bool') return Uint8Array.from(bits);
  const floats = new Float32Array(bits.buffer);
  if (coding === 'float16') for (let i = 0; i < bits.length; i++) floats[i] = valueOfHalf(bits[i]!);
  return floats;
}

/** Weights are written in their order, kernels apart from all else. */
function assembled<L extends LevelTaker>(
  entries: readonly WeightEntry[],
  numbers: readonly (Float32Array | Int32Array | Uint8Array)[],
  small: Int16Array[],
  taker: (rows: number, columns: number) => L,
): Pick<Body<L>, 'weights' | 'take'> {
  const kernels: {readonly levels: L; left: number}[] = [];
  const weights = entries.map((entry, i): ArrivingWeight<L> => {
    const {name, shape, coding, middle, zero} = entry;
    const about = {name, shape};
    if (coding !== 'grid' && coding !== 'codebook') {
      return {weight: {...about, coding, values: numbers[i]!}, isToCome: false};
    }
    const {rows, columns} = matrixOf(shape);
    const levels = taker(rows, columns);
    const weight: FileWeight<L> =
      coding === 'grid'
        ? {...about, coding, levels, exponents: small.shift()!.map(exponent => exponent + middle)}
        : {...about, coding, levels, codebook: numbers[i] as Float32Array, zero};
    const to = {levels, left: columns === 1 ? 0 : rows * columns};
    if (columns === 1) levels.take(small.shift()!);
    else kernels.push(to);
    return {
      weight,
      get isToCome() {
        return to.left > 0;
      },
    };
  });
  const take: TakeRows = (kernel, levels) => {
    const to = kernels[kernel]!;
    to.levels.take(levels);
    to.left -= levels.length;
  };
  return {weights, take};
}
