/** How four weights and four activations are multiplied: each way gives the same numbers. */
export type DotProducts = 'dots' | 'pairs' | 'simd';

/** 16 times the same byte. */
const bytes = (byte: number) => [253, 12, ...Array.from({length: 16}, () => byte)];

/** A module of one function: `i32x4.relaxed_dot_i8x16_i7x16_add_s` of 127 and -1, plus 1, in one lane. */
const PROBE = [
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0],
  ...[10, 50, 1, 48, 0, ...bytes(127), ...bytes(255), 65, 1, 253, 17, 253, 147, 2, 253, 27, 0, 11],
];
/** What processors give that have the instruction: one takes -1 for 255, one does not. */
const EXACT = [4 * 127 * 255 + 1, 4 * 127 * -1 + 1];

/**
 * Which build suits a machine with relaxed SIMD. Without an instruction of the processor, sums within the product are
 * cut off at 16 bits, which shows where an activation is above 127; then three instructions are faster than what stands
 * for this one. Node 20 also forgets the sum, until code is optimized.
 */
export async function relaxedDotProducts(): Promise<DotProducts> {
  const {instance} = await WebAssembly.instantiate(Uint8Array.from(PROBE));
  return EXACT.includes((instance.exports as unknown as {f(): number}).f()) ? 'dots' : 'pairs';
}
