import * as tf from '@tensorflow/tfjs-core';

/** The signs of a kernel's weights, times the deviation of all of them. */
export function signedConstant(kernel: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sign(kernel), tf.sqrt(tf.moments(kernel).variance));
}
