import {FLOAT} from './floats';
import {multiplyPacked, TILE_BYTES} from './multiply-packed';
import {packLeft, packRight, roundUp} from './pack';
import {TILE_COLUMNS, TILE_ROWS} from './tile';

/** How much is packed at a time: a block of the left factor stays in a cache of 128 KB, one of the right in 512 KB. */
export const BLOCK_ROWS: i32 = 120;
export const BLOCK_INNER: i32 = 256;
const BLOCK_COLUMNS: i32 = 512;

/** Bytes of a packed block of the left factor. */
export function packedLeftBytes(rows: i32, inner: i32): usize {
  return <usize>(roundUp(rows, TILE_ROWS) * roundUp(inner, 2)) * FLOAT;
}

/** Bytes of a packed block of the right factor. */
export function packedRightBytes(inner: i32, columns: i32): usize {
  return <usize>(roundUp(columns, TILE_COLUMNS) * roundUp(inner, 2)) * FLOAT;
}

/** Bytes of scratch memory that `matMul` needs. */
export function matMulScratch(rows: i32, inner: i32, columns: i32): usize {
  const block = min(inner, BLOCK_INNER);
  return (
    TILE_BYTES + packedLeftBytes(min(rows, BLOCK_ROWS), block) + packedRightBytes(block, min(columns, BLOCK_COLUMNS))
  );
}

/**
 * `out[i, j] = sum over k of a[i, k] b[k, j]`, the strides of `a` and `b` in bytes and any (so that all four
 * transpositions are this one product), `out` row by row. None of the sizes is 0.
 */
export function matMul(
  rows: i32,
  inner: i32,
  columns: i32,
  a: usize,
  aRow: usize,
  aInner: usize,
  b: usize,
  bInner: usize,
  bColumn: usize,
  out: usize,
  scratch: usize,
): void {
  const left = scratch + TILE_BYTES;
  const right = left + packedLeftBytes(min(rows, BLOCK_ROWS), min(inner, BLOCK_INNER));
  const outRow = <usize>columns * FLOAT;
  for (let column = 0; column < columns; column += BLOCK_COLUMNS) {
    const width = min(columns - column, BLOCK_COLUMNS);
    for (let k = 0; k < inner; k += BLOCK_INNER) {
      const depth = min(inner - k, BLOCK_INNER);
      packRight(right, b + <usize>k * bInner + <usize>column * bColumn, depth, width, bInner, bColumn);
      for (let row = 0; row < rows; row += BLOCK_ROWS) {
        const height = min(rows - row, BLOCK_ROWS);
        packLeft(left, a + <usize>row * aRow + <usize>k * aInner, height, depth, aRow, aInner);
        const to = out + <usize>row * outRow + <usize>column * FLOAT;
        multiplyPacked(height, depth, width, left, right, to, outRow, k > 0, scratch);
      }
    }
  }
}
