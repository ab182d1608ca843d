/** Beyond this, centroids hardly move any more. */
const MOST_ROUNDS = 100;

/**
 * Lloyd's algorithm on numbers: the centroids that are each the mean of the values nearest to it. One that no value is
 * nearest to stays where it is.
 *
 * @param sorted the values, ascending.
 * @param first the centroids at first.
 * @returns the centroids, ascending.
 */
export function kMeans(sorted: Float32Array, first: ArrayLike<number>): Float64Array {
  const sums = sumsBefore(sorted);
  let centroids = Float64Array.from(first).sort();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const moved = means(sorted, sums, centroids);
    if (moved.every((centroid, i) => centroid === centroids[i])) break;
    centroids = moved.sort();
  }
  return centroids;
}

function means(
  sorted: Float32Array,
  sums: Float64Array,
  centroids: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  const ends = Array.from(centroids, (centroid, i) => {
    const next = centroids[i + 1];
    return next === undefined ? sorted.length : countBelow(sorted, (centroid + next) / 2);
  });
  return centroids.map((centroid, i) => {
    const [begin, end] = [ends[i - 1] ?? 0, ends[i]!];
    return end > begin ? (sums[end]! - sums[begin]!) / (end - begin) : centroid;
  });
}

/** The sum of the values before each place, and of all. */
function sumsBefore(values: Float32Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i]! + values[i]!;
  return sums;
}

/** How many of sorted values are below a bound. */
function countBelow(sorted: Float32Array, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
