import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {assign, dataNow, valueIdentity} from '../tfjs-internals.js';
import type {AddVariable} from './parametrization.js';

const EPSILON = 1e-6;
/** The largest count that float32 still increments. */
const MOST = 2 ** 24;

/**
 * The noise of stochastic gates, `log u - log(1 - u)` for `u` from U(0, 1): a gate with log-odds `a` is open if `a +
 * noise > 0`, which has probability `sigmoid(a)`. A variable counts the draws and is saved with the model, so that a
 * resumed training continues with the same noise.
 *
 * @returns a function that draws noise of a shape.
 */
export function logisticNoise(addVariable: AddVariable, seed: string): (shape: readonly number[]) => tf.Tensor {
  const count = addVariable('draws', {axes: [], initializer: tfl.initializers.zeros(), trainable: false});
  let [known, draws]: [object | undefined, number] = [undefined, 0];
  return shape => {
    if (valueIdentity(count) !== known) draws = dataNow(count.read())[0]!;
    const u = tf.randomUniform([...shape], EPSILON, 1 - EPSILON, 'float32', `${seed} ${draws}`);
    draws = (draws + 1) % MOST;
    assign(count, tf.fill(count.shape as number[], draws));
    known = valueIdentity(count);
    return tf.sub(tf.log(u), tf.log(tf.sub(1, u)));
  };
}
