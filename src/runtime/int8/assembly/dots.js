/** How four weights and four activations, from 0 to 127, become a product: the same number in each build. */
const DOTS = {
  // One instruction, where the processor has it.
  dots: `
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sum);`,
  // Three: faster than what machines make of the above where the processor has it not.
  pairs: `
  return i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(weights, x)));`,
  simd: `
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(weights), i16x8.extend_low_i8x16_s(x));
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(weights), i16x8.extend_high_i8x16_s(x));
  const even = v128.shuffle<i32>(low, high, 0, 2, 4, 6);
  return i32x4.add(sum, i32x4.add(even, v128.shuffle<i32>(low, high, 1, 3, 5, 7)));`,
};

/** The builds, by their names. */
export const BUILDS = Object.keys(DOTS);

/** The AssemblyScript of a build: adds, to each of four sums, the products of four weights and four activations. */
export function source(build) {
  return `export function addDot(weights: v128, x: v128, sum: v128): v128 {${DOTS[build]}\n}\n`;
}
