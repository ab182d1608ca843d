import {Pauses, type Pausing} from '../../display/pauses.js';
import {findLags, type LevelMatrix} from './find-lags.js';
import {LevelCoder, type CoderStart, type LevelShape} from './level-coder.js';
import {stretch} from './logistic.js';
import type {Lags} from './neighbors.js';
import {canLink, HAS_LAGS, IS_LINKED, RAW_SIGNS, type Outline} from './outline.js';
import {RangeDecoder, RangeEncoder} from './range-coder.js';

/** A kernel to encode. */
export interface Kernel extends LevelMatrix {
  /** Its geometry, where it is known; else it is looked for. */
  readonly lags?: Lags;
}

const LONGEST_RUN = 255;
/** So many levels are coded within a few milliseconds. */
const BETWEEN_PAUSES = 10_000;

/** Levels of kernels, coded. */
export interface CodedLevels {
  /** What the reader must know first. */
  readonly outline: Uint8Array;
  readonly bits: Uint8Array;
  /** How many bytes a row takes at most: a reader that has so many can decode the next. */
  readonly rowBytes: number;
}

/**
 * Codes the levels of all kernels of a file in one stream. Signs are modelled, and layers linked, where that makes the
 * file smaller.
 *
 * @param kernels as matrices of inputs by outputs; levels from -32768 to 32767.
 * @param work pauses when some rows are coded.
 */
export async function encodeLevels(kernels: readonly Kernel[], work: Pausing = new Pauses()): Promise<CodedLevels> {
  const shapes = kernels.map((kernel): LevelShape => {
    const {rows, columns} = kernel;
    return {rows, columns, lags: kernel.lags ?? findLags(kernel), isLinked: false};
  });
  const linked = shapes.map((shape, i) => ({...shape, isLinked: canLink(shape, shapes[i - 1])}));
  const start = startOf(kernels.map(({levels}) => levels));
  const encoded = (of: readonly LevelShape[], hasRawSigns: boolean) =>
    encode(kernels, of, {...start, hasRawSigns}, work);
  const plain = await encoded(shapes, false);
  const smaller = shorter(plain, await encoded(linked, false));
  const raw = await encoded(smaller === plain ? shapes : linked, true);
  return shorter(smaller, raw);
}

function shorter(one: CodedLevels, other: CodedLevels): CodedLevels {
  return lengthOf(other) < lengthOf(one) ? other : one;
}

function lengthOf({outline, bits}: CodedLevels): number {
  return outline.length + bits.length;
}

function startOf(all: readonly Int16Array[]): Omit<CoderStart, 'hasRawSigns'> {
  let [count, kept, sum, most] = [0, 0, 0, 0];
  for (const levels of all) {
    count += levels.length;
    for (const level of levels) {
      if (level === 0) continue;
      kept++;
      sum += Math.abs(level) - 1;
      most = Math.max(most, Math.abs(level));
    }
  }
  const density = Math.min(65520, Math.max(16, Math.round((65536 * kept) / Math.max(count, 1))));
  const mean = Math.min(255, Math.max(1, Math.round((8 * sum) / Math.max(kept, 1))));
  return {density: Math.min(255, (stretch(density >> 4) >> 4) + 128), shift: shiftOf(most), mean};
}

/** How many low bits are apart: such that the unary part stays short. */
function shiftOf(most: number): number {
  if (most <= 24) return 0;
  return Math.max(1, Math.floor(Math.log2(most)) - 3);
}

async function encode(
  kernels: readonly Kernel[],
  shapes: readonly LevelShape[],
  start: CoderStart,
  work: Pausing,
): Promise<CodedLevels> {
  const range = new RangeEncoder();
  const coder = new LevelCoder(range, start);
  let [rowBytes, before, sincePause] = [0, 0, 0];
  for (const [i, {levels}] of kernels.entries()) {
    for (const coded of coder.codeLayer(levels, shapes[i]!)) {
      rowBytes = Math.max(rowBytes, range.shifts - before);
      before = range.shifts;
      sincePause += coded;
      if (sincePause < BETWEEN_PAUSES) continue;
      await work.pause();
      sincePause = 0;
    }
  }
  const first = [start.density, start.shift | (start.hasRawSigns ? RAW_SIGNS : 0), start.mean];
  return {outline: Uint8Array.from([...first, ...flagsOf(shapes)]), bits: range.finish(), rowBytes};
}

/** A byte of flags for each layer, and lags; after a byte of 0, how many such layers follow. */
function flagsOf(shapes: readonly LevelShape[]): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < shapes.length; i++) {
    const {lags, isLinked} = shapes[i]!;
    const flags = (lags ? HAS_LAGS : 0) | (isLinked ? IS_LINKED : 0);
    bytes.push(flags);
    if (lags) bytes.push(lags.near & 255, lags.near >> 8, lags.far & 255, lags.far >> 8);
    if (flags !== 0) continue;
    const run = plainFrom(shapes, i + 1);
    bytes.push(run);
    i += run;
  }
  return bytes;
}

function plainFrom(shapes: readonly LevelShape[], start: number): number {
  let end = start;
  while (end < shapes.length && end - start < LONGEST_RUN && !shapes[end]!.lags && !shapes[end]!.isLinked) end++;
  return end - start;
}

/** Reads what {@link encodeLevels} wrote. */
export function decodeLevels(bits: Uint8Array, {start, shapes}: Outline): Int16Array[] {
  const coder = new LevelCoder(new RangeDecoder(bits), start);
  return shapes.map(shape => {
    const levels = new Int16Array(shape.rows * shape.columns);
    const rows = coder.codeLayer(levels, shape);
    while (!rows.next().done);
    return levels;
  });
}
