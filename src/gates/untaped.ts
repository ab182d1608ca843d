import * as tf from '@tensorflow/tfjs-core';

/** What `compute` returns, as a constant: no gradient flows through it, so its ops need none. */
export function untaped<T extends tf.Tensor>(compute: () => T): T {
  return tf.customGrad(() => ({value: tf.tidy(compute), gradFunc: () => []}))();
}

/**
 * The value itself, while `idle` variables get a gradient of zero. An optimizer of tf.js finds the slots of a variable
 * by its place among those that have gradients, so none may lose its own.
 */
export function holding(value: tf.Tensor, idle: readonly tf.Tensor[]): tf.Tensor {
  if (idle.length === 0) return value;
  return tf.customGrad((passed, ...others) => ({
    value: tf.clone(passed as tf.Tensor),
    gradFunc: dy => [dy, ...(others.slice(0, -1) as tf.Tensor[]).map(other => tf.zerosLike(other))],
  }))(value, ...idle);
}

/** The forward values of one tensor with the gradient of another of the same shape. */
export function straight(forward: tf.Tensor, backward: tf.Tensor): tf.Tensor {
  return tf.customGrad(value => ({
    value: tf.clone(forward),
    gradFunc: dy => tf.reshape(dy, (value as tf.Tensor).shape),
  }))(backward);
}
