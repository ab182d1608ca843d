import {clear, FLOAT} from '../assembly/floats';
import {CHUNK, sumOf} from '../assembly/sums';

/** `out[o, i] = scale sum over r of x[o, r, i]`. */
export function sumMiddle(x: usize, out: usize, outer: i32, reduced: i32, inner: i32, scale: f32): void {
  for (let o = 0; o < outer; o++) {
    if (inner === 1) store<f32>(out, sumOf(x, reduced));
    else sumRows(x, out, reduced, inner);
    x += <usize>(reduced * inner) * FLOAT;
    out += <usize>inner * FLOAT;
  }
  if (scale !== 1) multiply(out - <usize>(outer * inner) * FLOAT, outer * inner, scale);
}

/** `out[o, r, i] = scale x[o, i]` for each r: the gradient of `sumMiddle`. */
export function spreadMiddle(x: usize, out: usize, outer: i32, reduced: i32, inner: i32, scale: f32): void {
  for (let o = 0; o < outer; o++) {
    if (inner === 1) fill(out, reduced, load<f32>(x) * scale);
    else repeat(out, x, reduced, inner, scale);
    x += <usize>inner * FLOAT;
    out += <usize>(reduced * inner) * FLOAT;
  }
}

function sumRows(x: usize, out: usize, rows: i32, columns: i32): void {
  const rowBytes = <usize>columns * FLOAT;
  clear(out, columns);
  for (let row = 0; row < rows; row += CHUNK) {
    const count = min(rows - row, CHUNK);
    let column = 0;
    for (; column + 16 <= columns; column += 16) addColumns16(out + <usize>column * FLOAT, x, column, count, rowBytes);
    for (; column + 4 <= columns; column += 4) addColumns4(out + <usize>column * FLOAT, x, column, count, rowBytes);
    for (; column < columns; column++) {
      let from = x + <usize>column * FLOAT;
      let sum: f32 = 0;
      for (let i = 0; i < count; i++) {
        sum += load<f32>(from);
        from += rowBytes;
      }
      const to = out + <usize>column * FLOAT;
      store<f32>(to, load<f32>(to) + sum);
    }
    x += <usize>count * rowBytes;
  }
}

function addColumns16(to: usize, x: usize, column: i32, rows: i32, rowBytes: usize): void {
  let from = x + <usize>column * FLOAT;
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (let row = 0; row < rows; row++) {
    sum0 = f32x4.add(sum0, v128.load(from));
    sum1 = f32x4.add(sum1, v128.load(from, 16));
    sum2 = f32x4.add(sum2, v128.load(from, 32));
    sum3 = f32x4.add(sum3, v128.load(from, 48));
    from += rowBytes;
  }
  v128.store(to, f32x4.add(v128.load(to), sum0));
  v128.store(to, f32x4.add(v128.load(to, 16), sum1), 16);
  v128.store(to, f32x4.add(v128.load(to, 32), sum2), 32);
  v128.store(to, f32x4.add(v128.load(to, 48), sum3), 48);
}

function addColumns4(to: usize, x: usize, column: i32, rows: i32, rowBytes: usize): void {
  let from = x + <usize>column * FLOAT;
  let sum = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    sum = f32x4.add(sum, v128.load(from));
    from += rowBytes;
  }
  v128.store(to, f32x4.add(v128.load(to), sum));
}

function multiply(x: usize, count: i32, factor: f32): void {
  for (let i = 0; i < count; i++) {
    store<f32>(x, load<f32>(x) * factor);
    x += FLOAT;
  }
}

function fill(to: usize, count: i32, value: f32): void {
  const four = f32x4.splat(value);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, four);
    to += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, value);
    to += FLOAT;
  }
}

function repeat(to: usize, row: usize, rows: i32, columns: i32, scale: f32): void {
  const rowBytes = <usize>columns * FLOAT;
  memory.copy(to, row, rowBytes);
  if (scale !== 1) multiply(to, columns, scale);
  // Each copy doubles the number of rows written.
  let done = 1;
  while (done < rows) {
    const count = min(done, rows - done);
    memory.copy(to + <usize>done * rowBytes, to, <usize>count * rowBytes);
    done += count;
  }
}
