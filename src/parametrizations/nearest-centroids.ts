import * as tf from '@tensorflow/tfjs-core';

/** Stands for infinity, which not every device has. */
const BEYOND = 3e38;

/**
 * The place of the nearest centroid to each value, by binary search over the middles between them. Values and centroids
 * that are not finite get any place that there is.
 *
 * @param centroids at least two, in any order.
 * @returns int32, of the shape of the values.
 */
export function nearestCentroids(values: tf.Tensor, centroids: tf.Tensor1D): tf.Tensor {
  const count = centroids.size;
  const {values: falling, indices} = tf.topk(tf.neg(centroids), count);
  const rounds = Math.ceil(Math.log2(count));
  const bounds = boundsOf(tf.neg(falling), 2 ** rounds - 1);
  let rank: tf.Tensor = tf.zerosLike(values);
  for (let step = 2 ** (rounds - 1); step >= 1; step /= 2) {
    const bound = tf.gather(bounds, tf.cast(tf.add(rank, step - 1), 'int32'));
    rank = tf.add(rank, tf.mul(tf.cast(tf.greater(values, bound), 'float32'), step)); // NaN is no greater
  }
  return tf.gather(indices, tf.cast(tf.minimum(rank, count - 1), 'int32'));
}

/** The middles between ascending centroids, and so many values in all. */
function boundsOf(ascending: tf.Tensor, count: number): tf.Tensor1D {
  const middles = ascending.size - 1;
  const [below, above] = [tf.slice(ascending, 0, middles), tf.slice(ascending, 1, middles)];
  return tf.concat1d([tf.mul<tf.Tensor1D>(tf.add(below, above), 0.5), tf.fill<tf.Rank.R1>([count - middles], BEYOND)]);
}

/**
 * The sum of the values at each place.
 *
 * @param places int32, of the shape of the values.
 * @param count how many places there are.
 */
export function sumsByPlace(values: tf.Tensor, places: tf.Tensor, count: number): tf.Tensor1D {
  // A product of two thin matrices of ones and zeros, since no backend of tf.js alone sums by place in every build.
  const width = Math.ceil(Math.sqrt(count));
  const flat = tf.reshape<tf.Rank.R1>(places, [-1]);
  const high = tf.cast<tf.Tensor1D>(tf.floor(tf.div(tf.add(flat, 0.5), width)), 'int32');
  const low = tf.sub<tf.Tensor1D>(flat, tf.mul(high, tf.scalar(width, 'int32')));
  const weighted = tf.mul<tf.Tensor2D>(oneHot(low, width), tf.reshape(values, [-1, 1]));
  const sums = tf.matMul(oneHot(high, width), weighted, true, false);
  return tf.slice(tf.reshape<tf.Rank.R1>(sums, [-1]), 0, count);
}

function oneHot(places: tf.Tensor1D, count: number): tf.Tensor2D {
  return tf.cast(tf.oneHot(places, count) as tf.Tensor2D, 'float32');
}
