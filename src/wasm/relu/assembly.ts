import {FLOAT} from '../assembly/floats';

/** `dx = x > 0 ? dy : 0`. */
export function reluGrad(dy: usize, x: usize, dx: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(x), zero)));
    dy += 16;
    x += 16;
    dx += 16;
  }
  for (; i < count; i++) {
    store<f32>(dx, load<f32>(x) > 0 ? load<f32>(dy) : 0);
    dy += FLOAT;
    x += FLOAT;
    dx += FLOAT;
  }
}
