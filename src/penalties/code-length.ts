import * as tf from '@tensorflow/tfjs-core';
import {columnAxis} from '../math/column-axis.js';

/** How many weights of the density of all count with those of a row, and of a column. */
const [ROW_COUNT, COLUMN_COUNT] = [30, 8];
const BIT = Math.LN2;

/** The code that fits weights as they are now: constants to whoever differentiates. */
export interface WeightCode {
  /** The logit of each weight not to be zero, at most 0. */
  readonly logits: tf.Tensor2D;
  /** The bits of a sign, and of a magnitude that goes no further. */
  readonly last: tf.Scalar;
  /** The bits of going on to the next magnitude. */
  readonly further: tf.Scalar;
}

/** The magnitudes of weights in steps, as a matrix of inputs by outputs; beyond the last level they count as it. */
export function magnitudesOf(weight: tf.Tensor, steps: tf.Tensor, levels: number): tf.Tensor2D {
  const axis = columnAxis(weight.shape);
  const columns = axis === undefined ? 1 : weight.shape[axis]!;
  return tf.reshape(tf.minimum(tf.abs(tf.div(weight, steps)), levels), [-1, columns]);
}

/** The code that fits magnitudes best. One between two levels counts as both, as if it were rounded at random. */
export function codeOf(magnitudes: tf.Tensor2D): WeightCode {
  const present = tf.minimum<tf.Tensor2D>(magnitudes, 1);
  const [ends, goingOn] = [tf.sum(present), tf.sum(tf.sub(magnitudes, present))].map(count => tf.add(count, 0.5));
  const all = tf.add(ends!, goingOn!);
  const bits = (count: tf.Tensor) => tf.div<tf.Scalar>(tf.log(tf.div(all, count)), BIT);
  return {logits: logitsOf(present), last: tf.add(bits(ends!), 1), further: bits(goingOn!)};
}

/** The bits of magnitudes, all together. */
export function bitsOf(magnitudes: tf.Tensor2D, {logits, last, further}: WeightCode): tf.Scalar {
  const present = tf.minimum(magnitudes, 1);
  const zeros = tf.div(tf.sum(tf.sub(tf.softplus(logits), tf.mul(present, logits))), BIT);
  const goingOn = tf.sum(tf.sub(magnitudes, present));
  return tf.add(zeros, tf.add(tf.mul(tf.sum(present), last), tf.mul(goingOn, further)));
}

/** By how many bits each magnitude costs more if it grows by a step; nothing at the last level. */
export function slopesOf(magnitudes: tf.Tensor2D, levels: number, {logits, last, further}: WeightCode): tf.Tensor2D {
  const first = tf.sub(last, tf.div(logits, BIT));
  const beyond = tf.mul(further, tf.cast(tf.less(magnitudes, levels), 'float32'));
  return tf.where(tf.less(magnitudes, 1), first, beyond) as tf.Tensor2D;
}

/** The odds of row and column, each relative to those of all; at most even, so that zero is never the longer code. */
function logitsOf(present: tf.Tensor2D): tf.Tensor2D {
  const [rows, columns] = present.shape;
  const all = tf.div(tf.add(tf.sum(present), 0.5), rows * columns + 1);
  const density = (axis: 0 | 1, size: number, count: number) =>
    tf.div(tf.add(tf.sum(present, axis, true), tf.mul(all, count)), size + count);
  const logit = (share: tf.Tensor) => tf.log(tf.div(share, tf.sub(1, share)));
  const [row, column] = [density(1, columns, ROW_COUNT), density(0, rows, COLUMN_COUNT)];
  return tf.minimum(tf.sub(tf.add(logit(row), logit(column)), logit(all)), 0);
}
