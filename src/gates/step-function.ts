import * as tf from '@tensorflow/tfjs-core';
import {straight, untaped} from './untaped.js';

/** 1 where `x > 0`, else 0, with the gradient of a smooth function. */
export function stepWith(x: tf.Tensor, smooth: tf.Tensor): tf.Tensor {
  return straight(
    untaped(() => tf.cast(tf.greater(x, 0), 'float32')),
    smooth,
  );
}

/**
 * 1 where `x > 0`, else 0, with the long-tailed derivative of dynamic sparse training: `2 - 4|x|` up to `|x| = 0.4`,
 * 0.4 up to 1, and 0 beyond. Liu et al. 2020, https://arxiv.org/abs/2005.06870
 */
export function longTailedStep(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((input, save) => {
    (save as tf.GradSaveFunc)([input as tf.Tensor]);
    return {
      value: tf.cast(tf.greater(input as tf.Tensor, 0), 'float32'),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, longTail(saved[0]!)),
    };
  })(x);
}

function longTail(x: tf.Tensor): tf.Tensor {
  const size = tf.abs(x);
  const peak = tf.clipByValue(tf.sub(2, tf.mul(4, size)), 0.4, 2);
  return tf.mul(peak, tf.cast(tf.lessEqual(size, 1), 'float32'));
}
