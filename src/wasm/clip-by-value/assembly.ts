import {FLOAT} from '../assembly/floats';

/** `dx = low <= x <= high ? dy : 0`. */
export function clipByValueGrad(dy: usize, x: usize, dx: usize, count: i32, low: f32, high: f32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const value = v128.load(x);
    const isInside = v128.and(f32x4.ge(value, f32x4.splat(low)), f32x4.le(value, f32x4.splat(high)));
    v128.store(dx, v128.and(v128.load(dy), isInside));
    dy += 16;
    x += 16;
    dx += 16;
  }
  for (; i < count; i++) {
    const value = load<f32>(x);
    store<f32>(dx, value >= low && value <= high ? load<f32>(dy) : 0);
    dy += FLOAT;
    x += FLOAT;
    dx += FLOAT;
  }
}
