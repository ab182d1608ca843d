import {ByteReader} from '../format/bytes.js';
import {CompressedFileError} from '../format/compressed-file-error.js';
import type {CoderStart, LevelShape} from './level-coder.js';
import type {Lags} from './neighbors.js';

export const [HAS_LAGS, IS_LINKED] = [1, 4];
export const RAW_SIGNS = 16;
const MOST_SHIFT = 12;

/** What a reader must know first. */
export interface Outline {
  readonly start: CoderStart;
  readonly shapes: readonly LevelShape[];
}

/** The size of a matrix. */
export type MatrixSize = Pick<LevelShape, 'rows' | 'columns'>;

/** Whether the inputs of a kernel are the outputs of that before it, maybe several positions of each. */
export function canLink({rows}: MatrixSize, before: MatrixSize | undefined): boolean {
  return before !== undefined && before.columns > 0 && rows % before.columns === 0;
}

/**
 * Reads an outline.
 *
 * @throws CompressedFileError if it says what can't be.
 */
export function readOutline(bytes: Uint8Array, sizes: readonly MatrixSize[]): Outline {
  const reader = new ByteReader(bytes);
  const next = () => reader.bytes('the levels', 1)[0]!;
  const [density, second, mean] = [next(), next(), next()];
  const shapes: LevelShape[] = [];
  while (shapes.length < sizes.length) {
    const flags = next();
    const lags = flags & HAS_LAGS ? readLags(reader) : undefined;
    const isLinked = (flags & IS_LINKED) !== 0;
    const run = flags === 0 ? next() : 0;
    for (let i = 0; i <= run; i++) {
      const size = sizes[shapes.length];
      if (!size) throw new CompressedFileError('it has levels of more kernels than there are');
      if (isLinked && !canLink(size, shapes.at(-1))) throw new CompressedFileError('it links kernels that do not fit');
      shapes.push({rows: size.rows, columns: size.columns, lags, isLinked});
    }
  }
  const shift = second & 15;
  if (shift > MOST_SHIFT) throw new CompressedFileError(`its levels have ${shift} low bits`);
  reader.expectEnd('the levels');
  return {start: {density, shift, mean, hasRawSigns: (second & RAW_SIGNS) !== 0}, shapes};
}

function readLags(reader: ByteReader): Lags {
  const [a, b, c, d] = reader.bytes('the levels', 4) as unknown as [number, number, number, number];
  const lags = {near: a | (b << 8), far: c | (d << 8)};
  const isRight = lags.near >= 1 && (lags.far === 0 || lags.far > lags.near);
  if (isRight) return lags;
  throw new CompressedFileError(`it has lags of ${lags.near} and ${lags.far}`);
}
