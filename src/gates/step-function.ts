import * as tf from '@tensorflow/tfjs-core';

// On wasm `tf.step` takes a tenth of the time of comparisons, which make booleans.

/** 1 where `x` is not 0, else 0. */
export function isNotZero(x: tf.Tensor): tf.Tensor {
  return tf.step(tf.abs(x));
}

/** 1 where `x <= limit`, else 0. */
export function isAtMost(x: tf.Tensor | number, limit: tf.Tensor | number): tf.Tensor {
  return tf.sub(1, tf.step(tf.sub(x, limit)));
}

/**
 * The long-tailed derivative that dynamic sparse training gives a step at 0: `2 - 4|x|` up to `|x| = 0.4`, 0.4 up to 1,
 * and 0 beyond. Liu et al. 2020, https://arxiv.org/abs/2005.06870
 */
export function longTail(x: tf.Tensor): tf.Tensor {
  const size = tf.abs(x);
  const peak = tf.clipByValue(tf.sub(2, tf.mul(4, size)), 0.4, 2);
  return tf.mul(peak, isAtMost(size, 1));
}
