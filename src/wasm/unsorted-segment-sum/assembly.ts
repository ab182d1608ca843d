import {add, clear, FLOAT} from '../assembly/floats';

/** `out[s] = sum of x[r] over the rows r with ids[r] = s`; ids outside [0, segments) are skipped. */
export function unsortedSegmentSum(x: usize, ids: usize, out: usize, rows: i32, columns: i32, segments: i32): void {
  clear(out, segments * columns);
  for (let row = 0; row < rows; row++) {
    const id = load<i32>(ids + <usize>row * 4);
    if (id >= 0 && id < segments) add(out + <usize>(id * columns) * FLOAT, x, columns);
    x += <usize>columns * FLOAT;
  }
}
