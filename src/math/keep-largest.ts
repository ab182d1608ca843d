const HALF_BITS = 16;
const BUCKETS = 1 << HALF_BITS;
const LOW_BITS = BUCKETS - 1;
const ALL_BUT_SIGN = 0x7fffffff;
const INFINITY = 0x7f800000;

/**
 * The exact set of the `count` largest scores: 1 where the score is kept, 0 elsewhere.
 *
 * Among equal scores the lower index is kept, so the result depends on nothing but the numbers. Takes O(n) whatever the
 * distribution: a radix selection, first on the upper and then on the lower 16 bits of the floats, which sort like the
 * integers of the same bits once the negative ones are turned round.
 *
 * @param scores any floats but NaN; -Infinity is smaller than all others, and -0 equals 0.
 * @param count how many to keep, a whole number in [0, scores.length].
 * @throws RangeError at the first NaN, with its index.
 *
 * @example
 * keepLargest(Float32Array.of(3, 1, 2, 2), 2); // [1, 0, 1, 0]
 */
export function keepLargest(scores: Float32Array, count: number): Uint8Array {
  const threshold = count === 0 ? Infinity : kthLargest(scores, count);
  const kept = new Uint8Array(scores.length);
  let surplus = -count;
  for (let i = 0; i < scores.length; i++) {
    const keep = scores[i]! >= threshold ? 1 : 0;
    kept[i] = keep;
    surplus += keep;
  }
  // Equal scores at the threshold are too many now: those at the end go.
  for (let i = scores.length - 1; surplus > 0; i--) {
    if (scores[i] !== threshold) continue;
    kept[i] = 0;
    surplus--;
  }
  return kept;
}

function kthLargest(scores: Float32Array, k: number): number {
  const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  const upper = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    if ((word & ALL_BUT_SIGN) > INFINITY) throw new RangeError(`Expected scores without NaN, got NaN at index ${i}`);
    upper[(sortable(word) >> HALF_BITS) + BUCKETS / 2]!++;
  }
  const coarse = descend(upper, k);
  const high = coarse.bucket - BUCKETS / 2;

  const lower = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i++) {
    const key = sortable(bits[i]!);
    if (key >> HALF_BITS === high) lower[key & LOW_BITS]!++;
  }
  const low = descend(lower, coarse.missing).bucket;
  return new Float32Array(Int32Array.of(sortable((high << HALF_BITS) | low)).buffer)[0]!;
}

/** Turns the bits of a float into an integer of the same order, and back again. */
function sortable(word: number): number {
  return word ^ ((word >> 31) & ALL_BUT_SIGN);
}

/** Walks a histogram down from its top to the bucket that holds the k-th largest element. */
function descend(histogram: Uint32Array, k: number): {bucket: number; missing: number} {
  let bucket = histogram.length - 1;
  let missing = k;
  for (; bucket > 0 && histogram[bucket]! < missing; bucket--) missing -= histogram[bucket]!;
  return {bucket, missing};
}
