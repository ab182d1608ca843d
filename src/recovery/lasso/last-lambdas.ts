import {lassoPath} from '../../math/lasso-path.js';

/** Outputs that are this much smaller than what they are the sum of are zero in single precision. */
const NOTHING = 1e-7;

/**
 * For each channel the largest lambda at which the LASSO still uses it to make the sum of all contributions Z_i:
 *
 *     minimize  |sum Z_i - sum beta_i Z_i|^2 / 2  +  lambda |sum Z_i|^2 |beta|_1
 *
 * @param gram of the contributions, `[channels, channels]`.
 * @param pause is awaited at each knot of the path.
 * @returns a number >= 0 for each channel: 0 for those that the others can replace, and for all if they sum to 0.
 */
export async function lastLambdas(gram: Float64Array, pause: () => Promise<void>): Promise<Float64Array> {
  const size = Math.sqrt(gram.length);
  const withAll = Float64Array.from({length: size}, (_, i) => sum(gram.subarray(i * size, (i + 1) * size)));
  const all = sum(withAll);
  const lambdas = new Float64Array(size);
  if (all <= NOTHING * sum(gram.filter((_, i) => i % (size + 1) === 0))) return lambdas;
  for (const {lambda, active} of lassoPath(gram, withAll)) {
    for (const channel of active) lambdas[channel] ||= lambda / all;
    await pause();
  }
  return lambdas;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
