const HALF_BITS = 16;
const BUCKETS = 1 << HALF_BITS;
const LOW_BITS = BUCKETS - 1;
const ALL_BUT_SIGN = 0x7fffffff;
const INFINITY = 0x7f800000;

/**
 * The exact set of the `count` largest scores: 1 where the score is kept, 0 elsewhere.
 *
 * Among equal scores the lower index is kept, so the result depends on nothing but the numbers. Takes O(n) whatever the
 * distribution: a radix selection. A first pass counts the scores by the upper half of their bits, which tells the
 * bucket that the threshold falls into; a second one keeps what lies above; the few in that bucket are told apart by
 * the lower half.
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
 * The `count` largest scores of several lists in one ranking, one mask a list; nothing is put together in memory. Among
 * equal scores the earlier list, and in it the lower index, is kept. All else is as in {@link keepLargest}.
 *
 * @param count how many to keep of all lists together.
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

/** Keeps what has a larger upper half, and notes the indices of what has the same; returns where those end. */
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
 * Keeps what has a larger lower half, and of what has the same the first `ties`; returns how many of those are left.
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
