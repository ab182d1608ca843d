import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {pointwise} from './pointwise.js';
import {isAtMost} from './step-function.js';

/** How far below 0 the factors rest that are closed. */
const REST = 0.1;

const OPTIONS = {
  /** Factors below this are 0, > 0. Defaults to 0.01. */
  below: positive(0.01),
  /** How many times faster than a weight Adam moves a factor. Defaults to 5. */
  gateSpeed: positive(5),
};

/** Options of {@link scaleGates}. */
export type ScaleGatesArgs = Args<typeof OPTIONS>;

/**
 * A factor for each group, with a cost on its size: network slimming for layers without a batch normalization. Factors
 * of 0 become masks, all others are multiplied into the weights, exactly. Liu et al. 2017,
 * https://arxiv.org/abs/1708.06519
 *
 *     z = factor if factor >= below, else 0;  dz/dfactor = 1
 *     openness: |factor + 0.1|
 *
 * Closed factors rest at -0.1, from where a loss that wants them brings them back. A cost on their sizes alone would
 * have the steps of an optimizer carry them over 0, and so open and close them, for ever.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: scaleGates(), structure: filters(), layers: /conv/});
 */
export const scaleGates = declareGate('ScaleGates', (args: ScaleGatesArgs) => {
  const {below, gateSpeed} = read('scaleGates', args, OPTIONS);
  return (_groups, addVariable) => {
    const held = addVariable('scale', {initializer: tfl.initializers.constant({value: 1 / gateSpeed})});
    return {
      values: () =>
        pointwise([held.read()], x => {
          const factors = tf.mul(x, gateSpeed);
          return {value: tf.mul(factors, isAtMost(below, factors)), slopes: () => [tf.fill(x.shape, gateSpeed)]};
        }),
      openness: () =>
        pointwise([held.read()], x => {
          const moved = tf.add(tf.mul(x, gateSpeed), REST);
          return {value: tf.abs(moved), slopes: () => [tf.mul(tf.step(moved, -1), gateSpeed)]};
        }),
      ranks: () => held.read(),
    };
  };
});
