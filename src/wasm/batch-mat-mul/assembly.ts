import {BLOCK_COLUMNS, BLOCK_INNER, BLOCK_ROWS, packedLeftBytes, packedRightBytes} from '../assembly/blocks';
import {FLOAT} from '../assembly/floats';
import {multiplyPacked, TILE_BYTES} from '../assembly/multiply-packed';
import {packLeft, packRight} from '../assembly/pack';

/** Bytes of scratch memory that `matMul` needs. */
export function matMulScratch(rows: i32, inner: i32, columns: i32): usize {
  const block = min(inner, BLOCK_INNER);
  return (
    TILE_BYTES + packedLeftBytes(min(rows, BLOCK_ROWS), block) + packedRightBytes(block, min(columns, BLOCK_COLUMNS))
  );
}

/**
 * `out[i, j] = sum over k of a[i, k] b[k, j]`, with `out` stored row by row. The strides of `a` and `b` are in bytes
 * and may be any, which covers all four transpositions. No size may be 0.
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
