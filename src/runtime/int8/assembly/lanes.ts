/** Sums times a factor plus a shift. */
export function scaled(sum: v128, factor: v128, shift: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sum), factor), shift);
}

/** NaN becomes `low`. */
export function clamp(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(high, f32x4.pmax(low, x));
}

/** The whole numbers below, up to `high`. What is negative, and NaN, may become any number that is not above 0. */
export function whole(x: v128, high: v128): v128 {
  const cut = f32x4.pmin(x, high);
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_trunc_f32x4_s(cut);
  else return i32x4.trunc_sat_f32x4_s(cut);
}

/** Four times four whole numbers as bytes, one vector after the other, none below `low`. */
export function narrowed(a: v128, b: v128, c: v128, d: v128, low: v128): v128 {
  return i8x16.max_s(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)), low);
}

/** Four times four bytes turned around: the first of each, then the second of each. */
export function turned(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}

/** A bound that is a float, as bytes. */
export function bytesOf(bound: f32): v128 {
  return i8x16.splat(<i8>bound);
}

/** The four bytes at an address as whole numbers. */
export function wordAt(from: usize): v128 {
  const x = v128.load32_zero(from);
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(x));
}

/** Four whole numbers as the bytes of a word. */
export function storeWord(to: usize, x: v128): void {
  v128.store32_lane(to, narrowed(x, x, x, x, i8x16.splat(0)), 0);
}
