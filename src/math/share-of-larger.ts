/**
 * For each value its square divided by the sum of the squares of all values at least as large in magnitude, including
 * itself; 0 for 0. A NaN makes other results NaN, too. O(n log n), in double precision.
 *
 * @example
 * shareOfLarger(Float32Array.of(1, -2, 2)); // [1 / 9, 1 / 2, 1 / 2]
 */
export function shareOfLarger(values: Float32Array): Float32Array {
  const sorted = values.map(Math.abs).sort();
  const sums = new Float64Array(sorted.length);
  let sum = 0;
  for (let i = sorted.length - 1; i >= 0; i--) sums[i] = sum += sorted[i]! ** 2;
  return values.map(value => {
    if (value === 0) return 0;
    const size = Math.abs(value);
    return size ** 2 / sums[firstAtLeast(sorted, size)]!;
  });
}

/** The index of the first sorted number that is at least `bound`, which is one of them. */
function firstAtLeast(sorted: Float32Array, bound: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
