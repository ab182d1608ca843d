import {randomNumbers} from './random-numbers.js';

/** Where the centroids of clusters are at first. */
export type FirstCentroids = 'linear' | 'density' | 'random' | 'kMeansPlusPlus';

/** All ways to place them. */
export const FIRST_CENTROIDS: readonly FirstCentroids[] = ['linear', 'density', 'random', 'kMeansPlusPlus'];

/**
 * Places the centroids of clusters among values.
 *
 * @param sorted the values, ascending; at least one.
 * @param text determines what is drawn.
 */
export function firstCentroids(
  way: FirstCentroids,
  sorted: Float32Array,
  count: number,
  text: string,
): Float64Array | Float32Array {
  if (way === 'linear') return linear(sorted, count);
  if (way === 'density') return quantiles(sorted, count);
  const draws = randomNumbers(count, text);
  return way === 'random' ? draws.map(draw => sorted[Math.floor(draw * sorted.length)]!) : spread(sorted, draws);
}

/** Equally far from each other, from the least to the largest value. */
function linear(sorted: Float32Array, count: number): Float64Array {
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  return Float64Array.from({length: count}, (_, i) => least + ((most - least) * i) / Math.max(1, count - 1));
}

/** In the middles of equally large parts of the values. */
function quantiles(sorted: Float32Array, count: number): Float64Array {
  return Float64Array.from({length: count}, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / count)]!);
}

/** Each drawn with a probability by its squared distance to those before. Arthur & Vassilvitskii 2007 */
function spread(sorted: Float32Array, draws: Float32Array): Float64Array {
  const distances = new Float64Array(sorted.length).fill(1);
  return Float64Array.from(draws, (draw, drawn) => {
    const centroid = sorted[placeOf(distances, draw)]!;
    sorted.forEach((value, i) => {
      const squared = (value - centroid) ** 2;
      distances[i] = drawn === 0 ? squared : Math.min(distances[i]!, squared);
    });
    return centroid;
  });
}

/** The place at which a share of the sum of weights is reached. */
function placeOf(weights: Float64Array, share: number): number {
  let left = share * weights.reduce((sum, weight) => sum + weight, 0);
  const place = weights.findIndex(weight => (left -= weight) < 0);
  return place < 0 ? weights.length - 1 : place;
}
