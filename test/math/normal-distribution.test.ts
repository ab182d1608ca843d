import {normalProbability, truncatedNormal} from '../../src/math/normal-distribution.js';
import {randomNumbers} from '../../src/math/random-numbers.js';

// Abramowitz and Stegun, table 26.1
test.each([
  [0, 0.5],
  [1, 0.841344746068543],
  [2, 0.977249868051821],
  [-1, 0.158655253931457],
  [-3, 0.00134989803163],
  [4, 0.99996832875817],
])('P(%d) = %d', (x, probability) => {
  expect(Math.abs(normalProbability(x) - probability)).toBeLessThan(2e-7 * Math.max(probability, 1e-3) + 1e-7);
});

describe('a truncated normal distribution', () => {
  const numbers = randomNumbers(20_000, 'truncated');
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  // scipy.stats.truncnorm((0.1 - 0.7) / 0.5, (1 - 0.7) / 0.5, loc=0.7, scale=0.5): by the closed form
  // mu + sigma (phi(a) - phi(b)) / Z,  sigma^2 (1 + (a phi(a) - b phi(b)) / Z - ((phi(a) - phi(b)) / Z)^2)
  test.each([
    [0.7, 0.5, 0.1, 1],
    [0.2, 0.1, 0, 0.5],
    [0.5, 3, 0, 1],
  ])('has the moments of the closed form: mean %d, deviation %d, in [%d, %d]', (mu, sigma, lower, upper) => {
    const drawn = Array.from(numbers, u => truncatedNormal(u, {mean: mu, deviation: sigma, lower, upper}));
    const phi = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const [a, b] = [(lower - mu) / sigma, (upper - mu) / sigma];
    const steps = 100_000;
    let z = 0; // the integral of phi, by the midpoint rule
    for (let i = 0; i < steps; i++) z += (phi(a + ((i + 0.5) * (b - a)) / steps) * (b - a)) / steps;
    const shift = (phi(a) - phi(b)) / z;
    expect(mean(drawn)).toBeCloseTo(mu + sigma * shift, 2);
    const variance = sigma ** 2 * (1 + (a * phi(a) - b * phi(b)) / z - shift ** 2);
    expect(mean(drawn.map(x => (x - mean(drawn)) ** 2))).toBeCloseTo(variance, 2);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(lower);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(upper);
  });

  test('rises with the fraction, from end to end', () => {
    const at = (u: number) => truncatedNormal(u, {mean: 0.4, deviation: 0.3, lower: 0.2, upper: 0.9});
    expect(at(0)).toBeCloseTo(0.2, 6);
    expect(at(1)).toBeCloseTo(0.9, 6);
    expect(at(0.25)).toBeLessThan(at(0.5));
  });

  test('without weight between its ends it is the end next to the mean', () => {
    const far = {deviation: 1e-3, lower: 0.4, upper: 0.6};
    expect(truncatedNormal(0.3, {...far, mean: 0.9})).toBe(0.6);
    expect(truncatedNormal(0.3, {...far, mean: 0.1})).toBe(0.4);
    expect(truncatedNormal(0.3, {mean: 0.5, deviation: Number.MIN_VALUE, lower: 0.4, upper: 0.6})).toBeCloseTo(0.5, 12);
    expect(truncatedNormal(0.3, {mean: 0.5, deviation: 1, lower: 0.4, upper: 0.4})).toBe(0.4);
  });
});
