import {FLOAT} from './floats';

/** How many numbers are added in single precision before their sum goes into a total, which keeps rounding small. */
export const CHUNK: i32 = 512;

/** `sum over i of x[i]`. */
export function sumOf(x: usize, count: i32): f32 {
  let sum: f64 = 0;
  for (let first = 0; first < count; first += CHUNK) {
    const end = min(first + CHUNK, count);
    let sum0 = f32x4.splat(0);
    let sum1 = sum0;
    let i = first;
    for (; i + 8 <= end; i += 8) {
      sum0 = f32x4.add(sum0, v128.load(x));
      sum1 = f32x4.add(sum1, v128.load(x, 16));
      x += 32;
    }
    let rest: f32 = 0;
    for (; i < end; i++) {
      rest += load<f32>(x);
      x += FLOAT;
    }
    sum += <f64>(total(f32x4.add(sum0, sum1)) + rest);
  }
  return <f32>sum;
}

/** `sum over i of a[i] b[i]`. */
export function dot(a: usize, b: usize, count: i32): f32 {
  let products = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    products = f32x4.add(products, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
  }
  let sum = total(products);
  for (; i < count; i++) {
    sum += load<f32>(a) * load<f32>(b);
    a += FLOAT;
    b += FLOAT;
  }
  return sum;
}

function total(vector: v128): f32 {
  return (
    f32x4.extract_lane(vector, 0) +
    f32x4.extract_lane(vector, 2) +
    (f32x4.extract_lane(vector, 1) + f32x4.extract_lane(vector, 3))
  );
}
