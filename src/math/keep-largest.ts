const HALF_BITS = 16;
const BUCKETS = 1 << HALF_BITS;
const LOW_BITS = BUCKETS - 1;
const ALL_BUT_SIGN = 0x7fffffff;
const INFINITY = 0x7f800000;

/**
 * The exact set of the `count` largest scores: 1 where the score is kept, 0 elsewhere.
 *
 * Among equal scores the lower index is kept, so the result depends on nothing but the numbers. Takes O(n) whatever the
 * distribution: a radix selection. A first pass counts the scores by the upper half of their bits, which tells the bucket
 * that the threshold falls into; a second one keeps what lies above; the few in that bucket are told apart by the lower half.
 *
 * @param scores any floats but NaN; -Infinity is smaller than all others, and -0 equals 0.
 * @param count how many to keep, a whole number in [0, scores.length].
 * @throws RangeError at the first NaN, with its index.
 *
 * @example
 * keepLargest(Float32Array.of(3, 1, 2, 2), 2); // [1, 0, 1, 0]
 */
export function keepLargest(scores: Float32Array, count: number): Uint8Array {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  const upper = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    if ((word & ALL_BUT_SIGN) > INFINITY) throw new RangeError(`Expected scores without NaN, got NaN at index ${i}`);
    upper[(sortable(word) >> HALF_BITS) + BUCKETS / 2]!++;
  }
  const {bucket, missing} = descend(upper, count);
  const high = bucket - BUCKETS / 2;

  const kept = new Uint8Array(scores.length);
  const undecided = new Uint32Array(upper[bucket]!);
  let n = 0;
  for (let i = 0; i < bits.length; i++) {
    const upperHalf = sortable(bits[i]!) >> HALF_BITS;
    kept[i] = upperHalf > high ? 1 : 0;
    if (upperHalf === high) undecided[n++] = i;
  }
  keepByLowerHalf(kept, bits, undecided, missing);
  return kept;
}

/** Keeps the `count` largest among scores that have the upper half of their bits in common. */
function keepByLowerHalf(kept: Uint8Array, bits: Int32Array, undecided: Uint32Array, count: number): void {
  const lower = new Uint32Array(BUCKETS);
  for (const i of undecided) lower[sortable(bits[i]!) & LOW_BITS]!++;
  const {bucket, missing} = descend(lower, count);
  let ties = missing;
  for (const i of undecided) {
    const lowerHalf = sortable(bits[i]!) & LOW_BITS;
    if (lowerHalf > bucket || (lowerHalf === bucket && ties-- > 0)) kept[i] = 1;
  }
}

/** The bits of a float as an integer of the same order, the same one for 0 and -0. */
function sortable(word: number): number {
  const sign = word >> 31;
  return ((word & ALL_BUT_SIGN) ^ sign) - sign;
}

/** Walks a histogram down from its top to the bucket that holds the count-th largest element. */
function descend(histogram: Uint32Array, count: number): {bucket: number; missing: number} {
  let bucket = histogram.length - 1;
  let missing = count;
  for (; bucket > 0 && histogram[bucket]! < missing; bucket--) missing -= histogram[bucket]!;
  return {bucket, missing};
}
