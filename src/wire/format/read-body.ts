import {sizeOf} from '../../math/size-of.js';
import {decodeLevels, readOutline, type MatrixSize} from '../coder/coded-levels.js';
import {decodeText} from '../coder/coded-text.js';
import {NumberModel} from '../coder/number-model.js';
import {RangeDecoder} from '../coder/range-coder.js';
import {levelDecoder, type LevelDecoder} from '../decoder/level-decoder.js';
import {CompressedFileError} from './compressed-file-error.js';
import {readEntries, type WeightEntry} from './entries.js';
import {floatOf, valueOfHalf} from './half.js';
import type {Head, Part} from './head.js';
import {matrixOf, type FileWeight, type Json} from './model-file.js';

/** All of a file but its kernels, and what decodes these. */
export interface Body {
  readonly model: {readonly [key: string]: Json};
  readonly kernels: LevelDecoder;
  /** The weights, in order. @param levels of the kernels. */
  assemble(levels: readonly Int16Array[]): FileWeight[];
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
export function readBody(bytes: Uint8Array, head: Head): Body {
  const partOf = ({start, end}: Part) => bytes.subarray(start, end);
  const {weights, ...model} = parsed(decodeText(partOf(head.text), head.textBytes));
  const entries = readEntries(weights);
  const [smallSizes, kernelSizes] = [entries.flatMap(smallSizesOf), entries.flatMap(kernelSizesOf)];
  expectRoom(sumOf(smallSizes), LEVELS_A_BYTE, head.small);
  expectRoom(sumOf(kernelSizes), LEVELS_A_BYTE, head.kernels);
  expectRoom(bitsOfNumbers(entries), BITS_A_BYTE, head.numbers);
  const numbers = readNumbers(partOf(head.numbers), entries);
  const small = decodeLevels(partOf(head.small), readOutline(partOf(head.smallOutline), smallSizes));
  const outline = readOutline(partOf(head.outline), kernelSizes);
  return {
    model,
    kernels: levelDecoder({...outline, bits: partOf(head.kernels), rowBytes: head.rowBytes}),
    assemble: kernels => assembled(entries, numbers, [...small], [...kernels]),
  };
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

/** The numbers of each weight, or its codebook. */
function readNumbers(bytes: Uint8Array, entries: readonly WeightEntry[]): (Float32Array | Int32Array | Uint8Array)[] {
  const range = new RangeDecoder(bytes);
  return entries.map(({coding, shape, values}) => {
    if (coding === 'grid') return new Float32Array(0);
    const model = new NumberModel();
    const next = () => model.code(range, 0, coding === 'float16' ? 16 : 32);
    const length = coding === 'codebook' ? values : sizeOf(shape);
    if (coding === 'int32') return Int32Array.from({length}, next);
    if (coding === 'bool') return Uint8Array.from({length}, next);
    return Float32Array.from({length}, () => (coding === 'float16' ? valueOfHalf(next()) : floatOf(next())));
  });
}

/** Gives each weight its levels, in the order in which they were written. */
function assembled(
  entries: readonly WeightEntry[],
  numbers: readonly (Float32Array | Int32Array | Uint8Array)[],
  small: Int16Array[],
  kernels: Int16Array[],
): FileWeight[] {
  return entries.map(({name, shape, coding, middle, zero}, i): FileWeight => {
    const levels = () => (matrixOf(shape).columns === 1 ? small : kernels).shift()!;
    if (coding === 'grid') {
      const exponents = small.shift()!.map(exponent => exponent + middle);
      return {name, shape, coding, exponents, levels: levels()};
    }
    if (coding === 'codebook') {
      return {name, shape, coding, codebook: numbers[i] as Float32Array, zero, levels: levels()};
    }
    return {name, shape, coding, values: numbers[i]!};
  });
}
