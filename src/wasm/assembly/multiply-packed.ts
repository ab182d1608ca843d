import {add, copy, FLOAT} from './floats';
import {roundUp} from './pack';
import {multiplyTile, TILE_COLUMNS, TILE_ROWS} from './tile';

/** Bytes of the tile used to accumulate products and to write edges. */
export const TILE_BYTES: usize = 192;

/**
 * `out = left right`, or `out += left right` with `accumulate`, of packed factors. `tile` is scratch memory of
 * TILE_BYTES.
 */
export function multiplyPacked(
  rows: i32,
  inner: i32,
  columns: i32,
  left: usize,
  right: usize,
  out: usize,
  outRow: usize,
  accumulate: bool,
  tile: usize,
): void {
  const even = roundUp(inner, 2);
  const leftPanel = <usize>(TILE_ROWS * even) * FLOAT;
  const rightPanel = <usize>(TILE_COLUMNS * even) * FLOAT;
  for (let column = 0; column < columns; column += TILE_COLUMNS) {
    let panel = left;
    for (let row = 0; row < rows; row += TILE_ROWS) {
      const to = out + <usize>row * outRow + <usize>column * FLOAT;
      const height = min(rows - row, TILE_ROWS);
      const width = min(columns - column, TILE_COLUMNS);
      if (!accumulate && height === TILE_ROWS && width === TILE_COLUMNS) {
        multiplyTile(even, panel, right, to, outRow);
      } else {
        multiplyTile(even, panel, right, tile, <usize>TILE_COLUMNS * FLOAT);
        writeTile(to, outRow, tile, height, width, accumulate);
      }
      panel += leftPanel;
    }
    right += rightPanel;
  }
}

function writeTile(to: usize, toRow: usize, tile: usize, height: i32, width: i32, accumulate: bool): void {
  for (let row = 0; row < height; row++) {
    if (accumulate) add(to, tile, width);
    else copy(to, tile, width);
    to += toRow;
    tile += <usize>TILE_COLUMNS * FLOAT;
  }
}
