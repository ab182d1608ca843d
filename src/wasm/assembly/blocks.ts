import {FLOAT} from './floats';
import {roundUp} from './pack';
import {TILE_COLUMNS, TILE_ROWS} from './tile';

/** How much is packed at a time: a block of the left factor fits a cache of 128 KB, one of the right factor 512 KB. */
export const BLOCK_ROWS: i32 = 120;
export const BLOCK_INNER: i32 = 256;
export const BLOCK_COLUMNS: i32 = 512;

/** Bytes of a packed block of the left factor. */
export function packedLeftBytes(rows: i32, inner: i32): usize {
  return <usize>(roundUp(rows, TILE_ROWS) * roundUp(inner, 2)) * FLOAT;
}

/** Bytes of a packed block of the right factor. */
export function packedRightBytes(inner: i32, columns: i32): usize {
  return <usize>(roundUp(columns, TILE_COLUMNS) * roundUp(inner, 2)) * FLOAT;
}
