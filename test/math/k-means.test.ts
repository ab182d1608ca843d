import fc from 'fast-check';
import {firstCentroids, FIRST_CENTROIDS} from '../../src/math/first-centroids.js';
import {kMeans} from '../../src/math/k-means.js';

fc.configureGlobal({seed: 1});

test('moves each centroid to the mean of the values nearest to it, and leaves one without any', () => {
  expect([...kMeans(Float32Array.of(1, 2, 3, 10, 12), [0, 20])]).toEqual([2, 11]);
  expect([...kMeans(Float32Array.of(1, 2, 3), [100, 2])]).toEqual([2, 100]);
  expect([...kMeans(Float32Array.of(-4, -2, 7), [0])]).toEqual([1 / 3]);
});

test('ends where no centroid would move', () => {
  const numbers = fc.array(fc.integer({min: -500, max: 500}), {minLength: 1, maxLength: 60});
  fc.assert(
    fc.property(numbers, fc.constantFrom(...FIRST_CENTROIDS), fc.integer({min: 1, max: 9}), (list, way, count) => {
      const sorted = Float32Array.from(list).sort();
      const centroids = kMeans(sorted, firstCentroids(way, sorted, count, 'test'));
      expect(centroids).toHaveLength(count);
      const nearest = (value: number) =>
        centroids.reduce((best, each, i) => {
          return Math.abs(each - value) < Math.abs(centroids[best]! - value) ? i : best;
        }, 0);
      for (let i = 0; i < count; i++) {
        const own = list.filter(value => centroids[nearest(value)] === centroids[i]);
        const isTied = list.some(value =>
          centroids.some((a, j) => centroids.some((b, k) => j < k && a + b === 2 * value)),
        );
        if (own.length > 0 && !isTied && new Set(centroids).size === count) {
          expect(own.reduce((sum, value) => sum + value, 0) / own.length).toBeCloseTo(centroids[i]!, 6);
        }
      }
    }),
  );
});

test('places first centroids between the ends, at quantiles, or at values', () => {
  const sorted = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 20);
  expect([...firstCentroids('linear', sorted, 3, '')]).toEqual([0, 10, 20]);
  expect([...firstCentroids('linear', sorted, 1, '')]).toEqual([0]);
  expect([...firstCentroids('density', sorted, 2, '')]).toEqual([2, 6]);
  for (const way of ['random', 'kMeansPlusPlus'] as const) {
    const drawn = [...firstCentroids(way, sorted, 4, 'seed')];
    expect(drawn.every(value => sorted.includes(value))).toBe(true);
    expect([...firstCentroids(way, sorted, 4, 'seed')]).toEqual(drawn);
    expect([...firstCentroids(way, sorted, 4, 'other')]).not.toEqual(drawn);
  }
  expect(new Set(firstCentroids('kMeansPlusPlus', sorted, 8, '')).size).toBe(8);
});
