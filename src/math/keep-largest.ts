const HALF_BITS = 16;
const BUCKETS = 1 << HALF_BITS;
const LOW_BITS = BUCKETS - 1;
const ALL_BUT_SIGN = 0x7fffffff;
const INFINITY = 0x7f800000;

/**
 * The exact set of the `count` largest scores: 1 for a kept score, 0 for the others.
 *
 * Among equal scores the lower index is kept, so the result depends only on the numbers. A radix selection, O(n) for
 * any distribution: the first pass counts the scores by the upper half of their bits and finds the bucket of the
 * threshold; the second keeps everything above it; the few scores in that bucket are decided by the lower half.
 *
 * @param scores any floats but NaN; -Infinity is smaller than all others, and -0 equals 0.
 * @param count how many to keep, a whole number in [0, scores.length].
 * @throws RangeError at the first NaN, with its index.
 *
 * @example
 * keepLargest(Float32Array.of(3, 1, 2, 2), 2); // [1, 0, 1, 0]
 */
export function keepLargest(scores: Float32Array, count: number): Uint8Array {
  return keepLargestOfAll([scores], count)[0]!;
}

/**
 * The `count` largest scores of several lists in one ranking, as one mask per list, without concatenating the lists.
 * Among equal scores the earlier list is kept, and within it the lower index. Otherwise like {@link keepLargest}.
 *
 * @param count how many to keep in all lists together.
 *
 * @example
 * keepLargestOfAll([Float32Array.of(3, 1), Float32Array.of(1, 2)], 3); // [1, 1], [0, 1]
 */
export function keepLargestOfAll(lists: readonly Float32Array[], count: number): Uint8Array[] {
  const words = lists.map(scores => new Int32Array(scores.buffer, scores.byteOffset, scores.length));
  const upper = new Uint32Array(BUCKETS);
  for (const list of words) countUpperHalves(list, upper);
  const {bucket, missing} = descend(upper, count);
  const high = bucket - BUCKETS / 2;

  const undecided = new Uint32Array(upper[bucket]!);
  const ends: number[] = [];
  const kept = words.map((list, i) => {
    const mask = new Uint8Array(list.length);
    ends[i] = keepAbove(high, list, mask, undecided, ends[i - 1] ?? 0);
    return mask;
  });
  const inList = (i: number) => undecided.subarray(ends[i - 1] ?? 0, ends[i]);

  const lower = new Uint32Array(BUCKETS);
  words.forEach((list, i) => countLowerHalves(list, inList(i), lower));
  const threshold = descend(lower, missing);
  let ties = threshold.missing;
  words.forEach((list, i) => (ties = keepByLowerHalf(threshold.bucket, ties, list, inList(i), kept[i]!)));
  return kept;
}

function countUpperHalves(list: Int32Array, histogram: Uint32Array): void {
  for (let i = 0; i < list.length; i++) {
    const word = list[i]!;
    if ((word & ALL_BUT_SIGN) > INFINITY) throw new RangeError(`Expected scores without NaN, got NaN at index ${i}`);
    histogram[(sortable(word) >> HALF_BITS) + BUCKETS / 2]!++;
  }
}

/** Keeps scores with a larger upper half and notes the indices of those with the same; returns the end of the notes. */
function keepAbove(high: number, list: Int32Array, kept: Uint8Array, undecided: Uint32Array, start: number): number {
  let end = start;
  for (let i = 0; i < list.length; i++) {
    const upperHalf = sortable(list[i]!) >> HALF_BITS;
    kept[i] = upperHalf > high ? 1 : 0;
    if (upperHalf === high) undecided[end++] = i;
  }
  return end;
}

function countLowerHalves(list: Int32Array, undecided: Uint32Array, histogram: Uint32Array): void {
  for (const i of undecided) histogram[sortable(list[i]!) & LOW_BITS]!++;
}

/**
 * Keeps scores with a larger lower half, and the first `ties` of those with the same; returns how many ties are left.
 */
function keepByLowerHalf(
  bucket: number,
  ties: number,
  list: Int32Array,
  undecided: Uint32Array,
  kept: Uint8Array,
): number {
  let left = ties;
  for (const i of undecided) {
    const lowerHalf = sortable(list[i]!) & LOW_BITS;
    if (lowerHalf > bucket || (lowerHalf === bucket && left-- > 0)) kept[i] = 1;
  }
  return Math.max(left, 0);
}

/** Maps the bits of a float to an integer of the same order; 0 and -0 to the same one. */
function sortable(word: number): number {
  const sign = word >> 31;
  return ((word & ALL_BUT_SIGN) ^ sign) - sign;
}

/** Walks down a histogram to the bucket of the count-th largest element. */
function descend(histogram: Uint32Array, count: number): {bucket: number; missing: number} {
  let bucket = histogram.length - 1;
  let missing = count;
  for (; bucket > 0 && histogram[bucket]! < missing; bucket--) missing -= histogram[bucket]!;
  return {bucket, missing};
}
