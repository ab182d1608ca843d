import {normalNumbers, randomNumbers} from '../../src/math/random-numbers.js';

const COUNT = 100_000;

/** The correlation of two arrays. */
function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (x: Float32Array, mx: number, y: Float32Array, my: number) =>
    x.reduce((sum, value, i) => sum + (value - mx) * (y[i]! - my), 0);
  return product(a, meanA, b, meanB) / Math.sqrt(product(a, meanA, a, meanA) * product(b, meanB, b, meanB));
}

test('are uniform in [0, 1): each of a hundred bins gets its share', () => {
  const bins = new Float64Array(100);
  for (const value of randomNumbers(COUNT, '0 dense/kernel')) bins[Math.floor(value * 100)]!++;
  const chiSquared = bins.reduce((sum, count) => sum + (count - COUNT / 100) ** 2 / (COUNT / 100), 0);
  expect(chiSquared).toBeGreaterThan(60);
  expect(chiSquared).toBeLessThan(150);
});

test('follow from the text alone, and those of two texts or of neighbors have nothing in common', () => {
  const numbers = randomNumbers(COUNT, '0 a');
  expect(randomNumbers(COUNT, '0 a')).toEqual(numbers);
  expect([...numbers.subarray(0, 3)]).toEqual([...randomNumbers(3, '0 a')]);
  for (const text of ['1 a', '0 b', '']) {
    expect(Math.abs(correlation(numbers, randomNumbers(COUNT, text)))).toBeLessThan(0.015);
  }
  expect(Math.abs(correlation(numbers.subarray(1), numbers.subarray(0, -1)))).toBeLessThan(0.015);
});

test('normal ones have the moments of a normal distribution, and follow from the text alone', () => {
  const numbers = normalNumbers(COUNT, '0 a');
  const moment = (power: number) => numbers.reduce((sum, value) => sum + value ** power, 0) / COUNT;
  [0, 1, 0, 3].forEach((expected, i) => expect(Math.abs(moment(i + 1) - expected)).toBeLessThan(0.06));
  expect(normalNumbers(COUNT, '0 a')).toEqual(numbers);
  expect(Math.abs(correlation(numbers, normalNumbers(COUNT, '1 a')))).toBeLessThan(0.015);
});
