import {FLOAT} from '../assembly/floats';
import {dot} from '../assembly/sums';

/** `dx[r, c] = y[r, c] (dy[r, c] - sum over k of dy[r, k] y[r, k])`, where y is the softmax of x along c. */
export function softmaxGrad(dy: usize, y: usize, dx: usize, rows: i32, columns: i32): void {
  const rowBytes = <usize>columns * FLOAT;
  for (let row = 0; row < rows; row++) {
    const mean = dot(dy, y, columns);
    let i = 0;
    for (; i + 4 <= columns; i += 4) {
      const at = <usize>i * FLOAT;
      v128.store(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), f32x4.splat(mean))));
    }
    for (; i < columns; i++) {
      const at = <usize>i * FLOAT;
      store<f32>(dx + at, load<f32>(y + at) * (load<f32>(dy + at) - mean));
    }
    dy += rowBytes;
    y += rowBytes;
    dx += rowBytes;
  }
}
