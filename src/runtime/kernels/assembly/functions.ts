import {addProduct, clamp} from './lanes';

function all(value: f32): v128 {
  return f32x4.splat(value);
}

/** `e^x` (Cephes), for x from -87 to 88; beyond that, the value there. */
export function exp(x: v128): v128 {
  const bounded = clamp(x, all(-87.33), all(88.37));
  const power = f32x4.nearest(f32x4.mul(bounded, all(1.44269504)));
  let rest = addProduct(power, all(-0.693359375), bounded);
  rest = addProduct(power, all(2.1219444e-4), rest);
  let sum = addProduct(all(1.98756915e-4), rest, all(1.3981999507e-3));
  sum = addProduct(sum, rest, all(8.3334519073e-3));
  sum = addProduct(sum, rest, all(4.1665795894e-2));
  sum = addProduct(sum, rest, all(1.6666665459e-1));
  sum = addProduct(sum, rest, all(5.0000001201e-1));
  sum = f32x4.add(addProduct(f32x4.mul(rest, rest), sum, rest), all(1));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(power), i32x4.splat(127)), 23);
  return f32x4.mul(sum, scale);
}

/** `log(y)` of y in [1, 2], from `(y - 1) / (y + 1)`. */
function logOf(ratio: v128): v128 {
  const square = f32x4.mul(ratio, ratio);
  let sum = addProduct(all(1 / 13), square, all(1 / 11));
  sum = addProduct(sum, square, all(1 / 9));
  sum = addProduct(sum, square, all(1 / 7));
  sum = addProduct(sum, square, all(1 / 5));
  sum = addProduct(sum, square, all(1 / 3));
  sum = addProduct(sum, square, all(1));
  return f32x4.mul(f32x4.mul(all(2), ratio), sum);
}

/** `log(x)` of normal positive numbers. */
export function log(x: v128): v128 {
  const power = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(127)));
  const mantissa = v128.or(v128.and(x, i32x4.splat(0x7fffff)), i32x4.splat(0x3f800000));
  const ratio = f32x4.div(f32x4.sub(mantissa, all(1)), f32x4.add(mantissa, all(1)));
  return addProduct(power, all(0.69314718), logOf(ratio));
}

function sigmoid(x: v128): v128 {
  return f32x4.div(all(1), f32x4.add(all(1), exp(f32x4.neg(x))));
}

/** `1 - 2 / (e^2x + 1)`, and around zero, where that loses digits, the beginning of its series. */
function tanh(x: v128): v128 {
  const square = f32x4.mul(x, x);
  let series = addProduct(all(62 / 2835), square, all(-17 / 315));
  series = addProduct(series, square, all(2 / 15));
  series = addProduct(series, square, all(-1 / 3));
  series = addProduct(f32x4.mul(series, square), x, x);
  const quotient = f32x4.div(all(2), f32x4.add(exp(f32x4.add(x, x)), all(1)));
  return v128.bitselect(series, f32x4.sub(all(1), quotient), f32x4.lt(square, all(0.04)));
}

function softplus(x: v128): v128 {
  const power = exp(f32x4.neg(f32x4.abs(x)));
  return f32x4.add(f32x4.max(x, all(0)), logOf(f32x4.div(power, f32x4.add(all(2), power))));
}

/** Abramowitz and Stegun, 7.1.26, as tf.js computes it. */
function erf(x: v128): v128 {
  const size = f32x4.abs(x);
  const t = f32x4.div(all(1), addProduct(all(0.3275911), size, all(1)));
  let sum = addProduct(all(1.061405429), t, all(-1.453152027));
  sum = addProduct(sum, t, all(1.421413741));
  sum = addProduct(sum, t, all(-0.284496736));
  sum = addProduct(sum, t, all(0.254829592));
  const tail = f32x4.mul(f32x4.mul(sum, t), exp(f32x4.neg(f32x4.mul(size, size))));
  return v128.or(f32x4.sub(all(1), tail), v128.and(x, i32x4.splat(0x80000000)));
}

/** `e^x - 1`, from its series around zero. */
function expm1(x: v128): v128 {
  let series = addProduct(all(1 / 120), x, all(1 / 24));
  series = addProduct(series, x, all(1 / 6));
  series = addProduct(series, x, all(1 / 2));
  series = addProduct(f32x4.mul(series, x), x, x);
  return v128.bitselect(series, f32x4.sub(exp(x), all(1)), f32x4.lt(f32x4.abs(x), all(0.1)));
}

function where(condition: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, condition);
}

/** A function of each number, by its place in FUNCTIONS; `alpha` is what it has for a parameter. */
export function apply(which: i32, x: v128, alpha: v128): v128 {
  const isPositive = f32x4.gt(x, all(0));
  switch (which) {
    case 0:
      return sigmoid(x);
    case 1:
      return tanh(x);
    case 2:
      return where(isPositive, x, f32x4.mul(alpha, expm1(f32x4.pmin(x, all(0)))));
    case 3: {
      const below = f32x4.mul(all(1.7580993408473768), expm1(f32x4.pmin(x, all(0))));
      return where(isPositive, f32x4.mul(all(1.0507009873554805), x), below);
    }
    case 4:
      return softplus(x);
    case 5:
      return f32x4.div(x, f32x4.add(all(1), f32x4.abs(x)));
    case 6:
      return f32x4.mul(x, sigmoid(f32x4.mul(alpha, x)));
    case 7:
      return f32x4.mul(x, tanh(softplus(x)));
    case 8: {
      const half = f32x4.mul(all(0.5), x);
      return addProduct(half, erf(f32x4.mul(x, all(0.70710678))), half);
    }
    case 9: {
      const half = f32x4.mul(all(0.5), x);
      const inner = addProduct(f32x4.mul(all(0.044715), x), f32x4.mul(x, x), x);
      return addProduct(half, tanh(f32x4.mul(all(0.79788456), inner)), half);
    }
    case 10:
      return where(isPositive, x, f32x4.mul(alpha, x));
    case 11:
      return where(f32x4.gt(x, alpha), x, all(0));
    case 12:
      return x;
    case 13:
      return f32x4.max(x, all(0));
    case 14:
      return clamp(x, all(0), all(6));
    default:
      return clamp(addProduct(x, all(0.2), all(0.5)), all(0), all(1));
  }
}

/** A function of each number: of runs of `count` in each channel and image. It may write up to 3 behind each run. */
export function map(at: usize): void {
  const from = load<usize>(at, 8);
  const to = load<usize>(at, 12);
  const channels = load<i32>(at, 16);
  const fromStep = load<usize>(at, 20);
  const toStep = load<usize>(at, 24);
  const images = load<i32>(at, 28);
  const imageStep = load<usize>(at, 32);
  const bytes = (<usize>load<i32>(at, 36)) << 2;
  const which = load<i32>(at, 40);
  const alpha = v128.load32_splat(at, 44);
  for (let channel = 0; channel < channels; channel++) {
    for (let image = 0; image < images; image++) {
      const x = from + <usize>channel * fromStep + <usize>image * imageStep;
      const y = to + <usize>channel * toStep + <usize>image * imageStep;
      for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, apply(which, v128.load(x + i), alpha));
    }
  }
}

function combined(which: i32, a: v128, b: v128): v128 {
  switch (which) {
    case 0:
      return f32x4.add(a, b);
    case 1:
      return f32x4.sub(a, b);
    case 2:
      return f32x4.mul(a, b);
    case 3:
      return f32x4.max(a, b);
    case 4:
      return f32x4.min(a, b);
    default:
      return where(f32x4.gt(a, all(0)), a, f32x4.mul(a, b));
  }
}

/**
 * A function of two numbers, by its place in COMBINATIONS: four nested loops, each with a count and the steps of both
 * and of the result, in bytes.
 */
export function combine(at: usize): void {
  const which = load<i32>(at, 8);
  const as = load<usize>(at, 12);
  const bs = load<usize>(at, 16);
  const to = load<usize>(at, 20);
  for (let i = 0; i < load<i32>(at, 24); i++) {
    for (let j = 0; j < load<i32>(at, 40); j++) {
      let a = as + <usize>(i * load<i32>(at, 28) + j * load<i32>(at, 44));
      let b = bs + <usize>(i * load<i32>(at, 32) + j * load<i32>(at, 48));
      let y = to + <usize>(i * load<i32>(at, 36) + j * load<i32>(at, 52));
      for (let k = 0; k < load<i32>(at, 56); k++) {
        combineLine(which, a, b, y, load<i32>(at, 72), load<usize>(at, 76), load<usize>(at, 80), load<usize>(at, 84));
        a += load<usize>(at, 60);
        b += load<usize>(at, 64);
        y += load<usize>(at, 68);
      }
    }
  }
}

function combineLine(
  which: i32,
  a: usize,
  b: usize,
  to: usize,
  count: i32,
  aStep: usize,
  bStep: usize,
  toStep: usize,
): void {
  if (toStep === 4 && (aStep | bStep | 4) === 4) {
    for (; count >= 4; count -= 4) {
      const x = aStep ? v128.load(a) : v128.load32_splat(a);
      const y = bStep ? v128.load(b) : v128.load32_splat(b);
      v128.store(to, combined(which, x, y));
      a += 4 * aStep;
      b += 4 * bStep;
      to += 16;
    }
  }
  for (; count > 0; count--) {
    v128.store32_lane(to, combined(which, v128.load32_zero(a), v128.load32_zero(b)), 0);
    a += aStep;
    b += bStep;
    to += toStep;
  }
}
