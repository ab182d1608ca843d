import * as tf from '@tensorflow/tfjs-core';
import {randomNumbers} from '../math/random-numbers.js';
import {sizeOf} from '../math/size-of.js';

/** The nearest that `u` comes to 0 and 1. */
const EPSILON = 1e-6;

/**
 * The noise of stochastic gates, `log u - log(1 - u)` for `u` from U(0, 1): a gate with log-odds `a` is open if `a +
 * noise > 0`, which has probability `sigmoid(a)`.
 *
 * @param text determines the numbers: a seed, the name of the weight, and the step.
 */
export function logisticNoise(shape: readonly number[], text: string): tf.Tensor {
  const odds = randomNumbers(sizeOf(shape), text);
  for (let i = 0; i < odds.length; i++) {
    const u = Math.min(Math.max(odds[i]!, EPSILON), 1 - EPSILON);
    odds[i] = u / (1 - u);
  }
  return tf.tidy(() => tf.log(tf.tensor(odds, [...shape])));
}
