import * as tf from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import type {WeightLayout} from '../structures/structure.js';
import {alongAxes} from './along-axes.js';
import type {WeightCriterion} from './criterion.js';

/**
 * How far a filter is from the others of its layer: the filter nearest to the geometric median is best replaced by the
 * others.
 *
 *     score(w) = sum over the layer's filters F of |F(w) - F|_2,  with F(w) the filter that w belongs to
 *
 * Filters that are all zero are ignored. All weights of a filter score the same: use it with `filters()`. The filters
 * of a Dense layer are its units, those of a depthwise layer the slices of each output.
 * FPGM, He et al. 2019, https://arxiv.org/abs/1811.00250
 *
 * @example
 * new GradualPruning({schedule, criterion: geometricMedian(), structure: filters()});
 */
export function geometricMedian(...none: []): WeightCriterion {
  expectNoArguments('geometricMedian', none);
  return {
    tellsApart: 'outputs',
    score(weight, {layout}) {
      const filters = asRows(weight, layout);
      const isThere = tf.sign(tf.sum(tf.abs(filters), 1, true));
      const total = tf.matMul(distances(filters), isThere);
      return tf.add(tf.zerosLike(weight), alongAxes(total, layout.outputAxes, layout));
    },
  };
}

/** The filters as rows of a matrix. */
function asRows(weight: tf.Tensor, {shape, outputAxes}: WeightLayout): tf.Tensor2D {
  const others = shape.map((_, axis) => axis).filter(axis => !outputAxes.includes(axis));
  const count = outputAxes.reduce((product, axis) => product * shape[axis]!, 1);
  return tf.reshape(tf.transpose(weight, [...outputAxes, ...others]), [count, -1]);
}

/**
 * The Euclidean distances between all rows, by `|a - b|^2 = |a|^2 + |b|^2 - 2ab`, with one matrix product. The mean of
 * the rows is subtracted first, so that what they have in common costs no precision.
 */
function distances(rows: tf.Tensor2D): tf.Tensor2D {
  const centered = tf.sub(rows, tf.mean(rows, 0, true));
  const products = tf.matMul(centered, centered, false, true);
  const squares = tf.sum(tf.square(centered), 1, true);
  const squared = tf.relu(tf.sub(tf.add(squares, tf.transpose(squares)), tf.mul(products, 2)));
  const notItself = tf.sub(1, tf.eye(rows.shape[0]));
  return tf.mul(tf.sqrt(squared), notItself);
}
