import {FLOAT} from './floats';
import {TILE_COLUMNS, TILE_ROWS} from './tile';

// A panel holds the part of a factor that a tile needs, in the order in which it is read: for each k the 6 rows of the
// left factor, or the 8 columns of the right one. Missing rows, columns and the last k of an odd count are zeros.
// Strides are in bytes; swapping the two transposes a factor.

/** `count` rounded up to a multiple of `step`. */
export function roundUp(count: i32, step: i32): i32 {
  return ((count + step - 1) / step) * step;
}

/** Packs rows x inner numbers of the left factor into panels of 6 rows. */
export function packLeft(to: usize, from: usize, rows: i32, inner: i32, rowStride: usize, innerStride: usize): void {
  for (let row = 0; row < rows; row += TILE_ROWS) {
    const first = from + <usize>row * rowStride;
    if (rows - row < TILE_ROWS) packEdge(to, first, rows - row, TILE_ROWS, inner, rowStride, innerStride);
    else if (rowStride === FLOAT) copySixes(to, first, inner, innerStride);
    else if (innerStride === FLOAT) transposeSixes(to, first, inner, rowStride);
    else packEdge(to, first, TILE_ROWS, TILE_ROWS, inner, rowStride, innerStride);
    to += <usize>(TILE_ROWS * roundUp(inner, 2)) * FLOAT;
  }
}

/** Packs inner x columns numbers of the right factor into panels of 8 columns. */
export function packRight(
  to: usize,
  from: usize,
  inner: i32,
  columns: i32,
  innerStride: usize,
  columnStride: usize,
): void {
  for (let column = 0; column < columns; column += TILE_COLUMNS) {
    const first = from + <usize>column * columnStride;
    const rest = columns - column;
    if (rest < TILE_COLUMNS) packEdge(to, first, rest, TILE_COLUMNS, inner, columnStride, innerStride);
    else if (columnStride === FLOAT) copyEights(to, first, inner, innerStride);
    else if (innerStride === FLOAT) transposeEights(to, first, inner, columnStride);
    else packEdge(to, first, TILE_COLUMNS, TILE_COLUMNS, inner, columnStride, innerStride);
    to += <usize>(TILE_COLUMNS * roundUp(inner, 2)) * FLOAT;
  }
}

/** Packs one panel of `width` lines, of which `lines` exist. */
function packEdge(
  to: usize,
  from: usize,
  lines: i32,
  width: i32,
  inner: i32,
  lineStride: usize,
  innerStride: usize,
): void {
  for (let k = 0; k < inner; k++) {
    for (let line = 0; line < width; line++) {
      store<f32>(to, line < lines ? load<f32>(from + <usize>line * lineStride) : 0);
      to += FLOAT;
    }
    from += innerStride;
  }
  if (inner & 1) memory.fill(to, 0, <usize>width * FLOAT);
}

function copySixes(to: usize, from: usize, inner: i32, innerStride: usize): void {
  for (let k = 0; k < inner; k++) {
    v128.store(to, v128.load(from));
    store<u64>(to, load<u64>(from, 16), 16);
    to += 24;
    from += innerStride;
  }
  if (inner & 1) memory.fill(to, 0, 24);
}

function copyEights(to: usize, from: usize, inner: i32, innerStride: usize): void {
  for (let k = 0; k < inner; k++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    to += 32;
    from += innerStride;
  }
  if (inner & 1) memory.fill(to, 0, 32);
}

function transposeSixes(to: usize, from: usize, inner: i32, rowStride: usize): void {
  const fifth = from + 4 * rowStride;
  let k = 0;
  for (; k + 4 <= inner; k += 4) {
    const at = <usize>k * FLOAT;
    transpose4(to, 24, from + at, rowStride);
    const row4 = v128.load(fifth + at);
    const row5 = v128.load(fifth + rowStride + at);
    const low = v128.shuffle<f32>(row4, row5, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(row4, row5, 2, 6, 3, 7);
    v128.store_lane<u64>(to, low, 0, 16);
    v128.store_lane<u64>(to, low, 1, 40);
    v128.store_lane<u64>(to, high, 0, 64);
    v128.store_lane<u64>(to, high, 1, 88);
    to += 96;
  }
  packEdge(to, from + <usize>k * FLOAT, TILE_ROWS, TILE_ROWS, inner - k, rowStride, FLOAT);
}

function transposeEights(to: usize, from: usize, inner: i32, columnStride: usize): void {
  let k = 0;
  for (; k + 4 <= inner; k += 4) {
    const at = from + <usize>k * FLOAT;
    transpose4(to, 32, at, columnStride);
    transpose4(to + 16, 32, at + 4 * columnStride, columnStride);
    to += 128;
  }
  packEdge(to, from + <usize>k * FLOAT, TILE_COLUMNS, TILE_COLUMNS, inner - k, columnStride, FLOAT);
}

/** Writes the transpose of 4 x 4 numbers. */
function transpose4(to: usize, toStride: usize, from: usize, fromStride: usize): void {
  const row0 = v128.load(from);
  const row1 = v128.load(from + fromStride);
  const row2 = v128.load(from + 2 * fromStride);
  const row3 = v128.load(from + 3 * fromStride);
  const low01 = v128.shuffle<f32>(row0, row1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(row0, row1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(row2, row3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(row2, row3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to + toStride, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(to + 2 * toStride, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(to + 3 * toStride, v128.shuffle<i64>(high01, high23, 1, 3));
}
