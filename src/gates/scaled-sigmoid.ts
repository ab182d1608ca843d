import * as tf from '@tensorflow/tfjs-core';
import {pointwise} from './pointwise.js';

/** `sigmoid(scale * x + shift)`. */
export function scaledSigmoid(x: tf.Tensor, scale: number, shift = 0): tf.Tensor {
  return pointwise([x], input => {
    const scaled = tf.mul(input, scale);
    const value = tf.sigmoid(shift === 0 ? scaled : tf.add(scaled, shift));
    return {value, slopes: () => [sigmoidSlope(value, scale)]};
  });
}

/** 1 where `x > 0`, else 0, with the gradient of `sigmoid(scale * x)`. */
export function sigmoidStep(x: tf.Tensor, scale: number): tf.Tensor {
  return pointwise([x], input => ({
    value: tf.step(input),
    slopes: () => [sigmoidSlope(tf.sigmoid(tf.mul(input, scale)), scale)],
  }));
}

/** The slope of `sigmoid(scale * x)`, from its value. */
export function sigmoidSlope(value: tf.Tensor, scale: number): tf.Tensor {
  return tf.mul(tf.mul(value, tf.sub(1, value)), scale);
}
