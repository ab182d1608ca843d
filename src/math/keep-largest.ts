const HALF_BITS = 16;
const BUCKETS = 1 << HALF_BITS;
const LOW_BITS = BUCKETS - 1;
const SIGN = 0x80000000;
const INFINITY = 0x7f800000;

/**
 * The exact set of the `count` largest scores: 1 where the score is kept, 0 elsewhere.
 *
 * Among equal scores the lower index is kept, so the result depends on nothing but the numbers. Takes O(n) whatever the
 * distribution: a radix selection, first on the upper and then on the lower 16 bits of the floats, which sort like the
 * integers of the same bits once the negative ones are flipped.
 *
 * @param scores any floats but NaN; -Infinity is smaller than all others, and -0 equals 0.
 * @param count how many to keep, a whole number in [0, scores.length].
 * @throws RangeError at the first NaN, with its index.
 *
 * @example
 * keepLargest(Float32Array.of(3, 1, 2, 2), 2); // [1, 0, 1, 0]
 */
export function keepLargest(scores: Float32Array, count: number): Uint8Array {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const upper = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    if ((word & ~SIGN) > INFINITY) throw new RangeError(`Expected scores without NaN, got NaN at index ${i}`);
    upper[sortable(word) >>> HALF_BITS]!++;
  }
  const coarse = descend(upper, count);

  const lower = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i++) {
    const key = sortable(bits[i]!);
    if (key >>> HALF_BITS === coarse.bucket) lower[key & LOW_BITS]!++;
  }
  const fine = descend(lower, coarse.missing);

  const threshold = ((coarse.bucket << HALF_BITS) | fine.bucket) >>> 0;
  const kept = new Uint8Array(scores.length);
  let ties = fine.missing;
  for (let i = 0; i < bits.length; i++) {
    const key = sortable(bits[i]!);
    if (key > threshold || (key === threshold && ties-- > 0)) kept[i] = 1;
  }
  return kept;
}

/** Maps the bits of a float to an unsigned integer of the same order; both zeros to the same one. */
function sortable(word: number): number {
  return word & SIGN ? (word === SIGN ? SIGN : ~word >>> 0) : (word | SIGN) >>> 0;
}

/** Walks the histogram down from the top to the bucket that holds the count-th largest element. */
function descend(histogram: Uint32Array, count: number): {bucket: number; missing: number} {
  let bucket = histogram.length - 1;
  let missing = count;
  for (; bucket > 0 && histogram[bucket]! < missing; bucket--) missing -= histogram[bucket]!;
  return {bucket, missing};
}
