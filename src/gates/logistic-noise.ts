import * as tf from '@tensorflow/tfjs-core';
import {randomNumbers} from '../math/random-numbers.js';
import {sizeOf} from '../math/size-of.js';

const EPSILON = 1e-6;

/**
 * The noise of stochastic gates, `log u - log(1 - u)` for `u` from U(0, 1): a gate with log-odds `a` is open if `a +
 * noise > 0`, which has probability `sigmoid(a)`.
 *
 * @param text determines the numbers: a seed, the name of the weight, and the step.
 */
export function logisticNoise(shape: readonly number[], text: string): tf.Tensor {
  const u = tf.tensor(randomNumbers(sizeOf(shape), text), [...shape]);
  const inside = tf.clipByValue(u, EPSILON, 1 - EPSILON);
  return tf.sub(tf.log(inside), tf.log(tf.sub(1, inside)));
}
