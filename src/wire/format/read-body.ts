import {sizeOf} from '../../math/size-of.js';
import {readOutline, type MatrixSize, type Outline} from '../coder/outline.js';
import type {Decoder, LevelDecoder, NumberRun} from '../decoder/decoder.js';
import {startDecoder} from '../decoder/start-decoder.js';
import {CompressedFileError} from './compressed-file-error.js';
import {readEntries, type WeightEntry} from './entries.js';
import {valueOfHalf} from './half.js';
import type {Head, Part} from './head.js';
import {matrixOf, type FileWeight, type Json} from './model-file.js';

/** A weight of a file that is read. */
export interface ArrivingWeight extends Pick<FileWeight, 'name' | 'shape'> {
  /** Undefined while its levels are still to come. */
  readonly weight: FileWeight | undefined;
}

/** A file that is read: all but some of its kernels is there. */
export interface ArrivingFile {
  readonly model: {readonly [key: string]: Json};
  readonly weights: readonly ArrivingWeight[];
}

/** All of a file but its kernels, and what decodes these. */
export interface Body extends ArrivingFile {
  readonly kernels: LevelDecoder;
  /** Gives the next weights that have none their levels. */
  put(levels: readonly Int16Array[]): void;
}

/** A weight takes at least so little of a byte: no small file can ask for much memory. */
const LEVELS_A_BYTE = 16_384;
const [BITS_A_BYTE, BITS_OF_MODEL] = [2048, {float32: 32, float16: 16, int32: 32, bool: 32}];
const MOST_WEIGHTS = 2 ** 28;

/**
 * Reads all but the kernels.
 *
 * @param bytes of the file; its kernels need not be there yet.
 * @throws CompressedFileError if something in it can't be.
 */
export async function readBody(bytes: Uint8Array, head: Head): Promise<Body> {
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
    ...assembled(entries, numbers, small),
  };
}

/** All levels of a part that is there. */
function readLevels(decoder: Decoder, bits: Uint8Array, outline: Outline): Int16Array[] {
  return decoder.levels({...outline, bits, rowBytes: 0}).decode(bits.length);
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
function assembled(
  entries: readonly WeightEntry[],
  numbers: readonly (Float32Array | Int32Array | Uint8Array)[],
  small: Int16Array[],
): Pick<Body, 'weights' | 'put'> {
  const waiting: ((levels: Int16Array) => void)[] = [];
  const weights = entries.map((entry, i): ArrivingWeight => {
    const {name, shape, coding, middle, zero} = entry;
    const about = {name, shape};
    if (coding !== 'grid' && coding !== 'codebook') return {...about, weight: {...about, coding, values: numbers[i]!}};
    const levelsOf =
      coding === 'grid'
        ? {...about, coding, exponents: small.shift()!.map(exponent => exponent + middle)}
        : {...about, coding, codebook: numbers[i] as Float32Array, zero};
    if (kernelSizesOf(entry).length === 0) return {...about, weight: {...levelsOf, levels: small.shift()!}};
    const arriving: {name: string; shape: readonly number[]; weight: FileWeight | undefined} = {
      ...about,
      weight: undefined,
    };
    waiting.push(levels => (arriving.weight = {...levelsOf, levels}));
    return arriving;
  });
  return {weights, put: levels => levels.forEach(each => waiting.shift()!(each))};
}
