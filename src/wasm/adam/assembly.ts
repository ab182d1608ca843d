import {FLOAT} from '../assembly/floats';

// Once gradients vanish, moments decay until they are denormal, and remain so: 0.9 times the smallest float rounds back
// to it. Operations on denormal numbers are many times slower on x64, so moments too small to move a weight become
// zero.
const LEAST_FIRST: f32 = 1e-30;
const LEAST_SECOND: f32 = 1e-37;

/**
 * One step of Adam (https://arxiv.org/abs/1412.6980), as in tf.train.adam:
 * `m' = b1 m + (1 - b1) g`, `v' = b2 v + (1 - b2) g^2`, `w' = w - rate (m' / c1) / (sqrt(v' / c2) + epsilon)`,
 * with the inverses of `c1 = 1 - b1^t` and `c2 = 1 - b2^t` given.
 */
export function adamStep(
  weight: usize,
  gradient: usize,
  first: usize,
  second: usize,
  newWeight: usize,
  newFirst: usize,
  newSecond: usize,
  count: i32,
  beta1: f32,
  beta2: f32,
  inverse1: f32,
  inverse2: f32,
  epsilon: f32,
  rate: f32,
): void {
  const rest1: f32 = 1 - beta1;
  const rest2: f32 = 1 - beta2;
  const bytes = <usize>count * FLOAT;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const g = v128.load(gradient + at);
    const m = orZero(
      f32x4.add(f32x4.mul(v128.load(first + at), f32x4.splat(beta1)), f32x4.mul(g, f32x4.splat(rest1))),
      LEAST_FIRST,
    );
    const v = orZero(
      f32x4.add(f32x4.mul(v128.load(second + at), f32x4.splat(beta2)), f32x4.mul(f32x4.mul(g, g), f32x4.splat(rest2))),
      LEAST_SECOND,
    );
    const scale = f32x4.add(f32x4.sqrt(f32x4.mul(v, f32x4.splat(inverse2))), f32x4.splat(epsilon));
    const step = f32x4.div(f32x4.mul(m, f32x4.splat(inverse1 * rate)), scale);
    v128.store(newFirst + at, m);
    v128.store(newSecond + at, v);
    v128.store(newWeight + at, f32x4.sub(v128.load(weight + at), step));
  }
  for (; at < bytes; at += FLOAT) {
    const g = load<f32>(gradient + at);
    const m = load<f32>(first + at) * beta1 + g * rest1;
    const v = load<f32>(second + at) * beta2 + g * g * rest2;
    store<f32>(newFirst + at, m);
    store<f32>(newSecond + at, v);
    const step = (m * (inverse1 * rate)) / (sqrt<f32>(v * inverse2) + epsilon);
    store<f32>(newWeight + at, load<f32>(weight + at) - step);
  }
}

/** The vector with entries smaller than `least` set to zero. NaN is kept. */
function orZero(x: v128, least: f32): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(least)));
}
