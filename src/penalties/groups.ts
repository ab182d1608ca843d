import * as tf from '@tensorflow/tfjs-core';
import {cutAxes, type AxisPiece} from '../math/axis-pieces.js';
import {expectScores, expectSpread} from '../masks/expect-groups.js';
import {notAMask} from '../parametrizations/mask-values.js';
import type {WeightGroups} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import {sizeOf} from '../math/size-of.js';

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
  const size = sizeOf(layout.shape);
  const pooled = structure.pool(new Float32Array(size), layout);
  expectScores(layout.name, pooled);
  const count = pooled.length;
  const numbers = groupNumbers(structure, layout, size, count);
  const pieces = cutAxes(numbers, layout.shape);
  const isRegular = pieces.reduce((product, piece) => product * (piece.within ? 1 : piece.size), 1) === count;
  return isRegular ? regular(pieces, size / count) : scattered(numbers, count, layout.shape);
}

/** Numbers the groups: a structure only spreads masks, so one is spread for each bit of the numbers. */
function groupNumbers(structure: WeightGroups, layout: WeightLayout, size: number, count: number): Int32Array {
  const numbers = new Int32Array(size);
  const mask = new Uint8Array(count);
  for (let bit = 0; count > 2 ** bit; bit++) {
    for (let group = 0; group < count; group++) mask[group] = (group >> bit) & 1;
    const spread = expectSpread(layout.name, structure.spread(mask, layout), size);
    for (let i = 0; i < size; i++) {
      if (spread[i]! > 1) throw notAMask(layout.name, spread[i]!, i, 'its structure is wrong');
      numbers[i]! |= spread[i]! << bit;
    }
  }
  return numbers;
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
