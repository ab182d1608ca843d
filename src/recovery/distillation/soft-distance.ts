import * as tf from '@tensorflow/tfjs-core';

/**
 * The divergence of two softmax distributions at a temperature, T^2 * KL(softmax(t / T) || softmax(s / T)), over the
 * last axis; the mean over all others. The factor keeps the gradients of different temperatures alike.
 *
 * @param student logits s. @param teacher logits t, without gradient.
 */
export function softmaxDivergence(student: tf.Tensor, teacher: tf.Tensor, temperature: number): tf.Scalar {
  const [ofStudent, ofTeacher] = [student, teacher].map(logits => tf.logSoftmax(tf.div(logits, temperature)));
  const terms = tf.mul(tf.exp(ofTeacher!), tf.sub(ofTeacher!, ofStudent!));
  return tf.mul(temperature ** 2, tf.mean(tf.sum(terms, -1)));
}

/**
 * The same of independent probabilities, q = sigmoid(t / T) and p = sigmoid(s / T): the mean over all of
 * q log(q / p) + (1 - q) log((1 - q) / (1 - p)) = softplus(s / T) - softplus(t / T) - q (s - t) / T. It is the binary
 * cross-entropy without the entropy of the teacher, which has no gradient.
 */
export function sigmoidDivergence(student: tf.Tensor, teacher: tf.Tensor, temperature: number): tf.Scalar {
  const [s, t] = [student, teacher].map(logits => tf.div(logits, temperature)) as [tf.Tensor, tf.Tensor];
  const terms = tf.sub(tf.sub(tf.softplus(s), tf.softplus(t)), tf.mul(tf.sigmoid(t), tf.sub(s, t)));
  return tf.mul(temperature ** 2, tf.mean(terms));
}

/** The mean of the squared differences. */
export function squaredDistance(student: tf.Tensor, teacher: tf.Tensor): tf.Scalar {
  return tf.mean(tf.squaredDifference(student, teacher));
}

/** Small enough for any logit that matters, large enough that 1 / p times a gradient stays finite. */
const SMALLEST = 1e-30;
/** The distance of the largest float32 below 1 from it. */
const NEXT_TO_ONE = 2 ** -24;

/** Logits of which a softmax makes these probabilities: their logarithms are, up to a constant. */
export function softmaxLogits(probabilities: tf.Tensor): tf.Tensor {
  return tf.log(tf.maximum(probabilities, SMALLEST));
}

/** The logits of which a sigmoid makes these probabilities, log(p / (1 - p)); of 1, the next smaller float's. */
export function sigmoidLogits(probabilities: tf.Tensor): tf.Tensor {
  const others = tf.maximum(tf.sub(1, probabilities), NEXT_TO_ONE);
  return tf.sub(softmaxLogits(probabilities), tf.log(others));
}
