import * as tf from '@tensorflow/tfjs-core';
import {cutAxes, type AxisPiece} from '../math/axis-pieces.js';
import {groupNumbers} from '../masks/group-numbers.js';
import type {WeightGroups} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';

/** Arithmetic on the groups of a weight: tensors with one value for each group, in any shape. */
export interface Groups {
  /** The number of weights in each group. */
  sizes(): tf.Tensor;
  /** Sums the values in each group. */
  sum(values: tf.Tensor): tf.Tensor;
  /** Multiplies each value of the weight by the factor of its group. */
  scale(weight: tf.Tensor, factors: tf.Tensor): tf.Tensor;
}

/**
 * The groups of weights, computed once for each layout.
 *
 * @throws TypeError or RangeError, with the name of the weight, if the result of the structure is malformed.
 */
export function groupsBy(structure: WeightGroups): (layout: WeightLayout) => Groups {
  const known = new WeakMap<WeightLayout, Groups>();
  return layout => {
    const groups = known.get(layout) ?? groupsOf(structure, layout);
    known.set(layout, groups);
    return groups;
  };
}

function groupsOf(structure: WeightGroups, layout: WeightLayout): Groups {
  const {numbers, count} = groupNumbers(structure, layout);
  const pieces = cutAxes(numbers, layout.shape);
  const isRegular = pieces.reduce((product, piece) => product * (piece.within ? 1 : piece.size), 1) === count;
  return isRegular ? regular(pieces, numbers.length / count) : scattered(numbers, count, layout.shape);
}

/** Groups that consist of whole pieces of axes. */
function regular(pieces: readonly AxisPiece[], size: number): Groups {
  const shape = pieces.map(piece => piece.size);
  const within = [...pieces.keys()].filter(axis => pieces[axis]!.within);
  const cut = (values: tf.Tensor) => tf.reshape(values, shape);
  return {
    sizes: () => tf.scalar(size),
    sum: values => (within.length === 0 ? cut(values) : tf.sum(cut(values), within, true)),
    scale: (weight, factors) => tf.reshape(tf.mul(cut(weight), factors), weight.shape),
  };
}

/** Any other groups: a table has a row for each with the indices of its weights, padded with the index of a zero. */
function scattered(numbers: Int32Array, count: number, shape: readonly number[]): Groups {
  const sizes = new Int32Array(count);
  for (const number of numbers) sizes[number]!++;
  const width = sizes.reduce((most, size) => Math.max(most, size), 0);
  const table = new Int32Array(count * width).fill(numbers.length);
  const filled = new Int32Array(count);
  numbers.forEach((number, i) => (table[number * width + filled[number]!++] = i));
  return {
    sizes: () => tf.tensor1d(Float32Array.from(sizes)),
    sum: values => {
      const withZero = tf.concat([tf.reshape(values, [-1]), tf.zeros([1])]);
      return tf.sum(tf.reshape(tf.gather(withZero, tf.tensor1d(table, 'int32')), [count, width]), 1);
    },
    scale: (weight, factors) =>
      tf.mul(weight, tf.reshape(tf.gather(factors, tf.tensor1d(numbers, 'int32')), [...shape])),
  };
}
