import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {oneOf, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {pointwise} from './pointwise.js';
import {longTail} from './step-function.js';
import {normOfOnes, thresholdShape} from './threshold-shape.js';

const OPTIONS = {
  /** What has a threshold of its own: each output (neuron, filter), or each layer's weight. Defaults to 'output'. */
  per: oneOf(['output', 'layer'], 'output'),
  /** How many times faster than a weight Adam moves a threshold. Defaults to 1. */
  gateSpeed: positive(1),
};

/** Options of {@link dynamicThreshold}. */
export type DynamicThresholdArgs = Args<typeof OPTIONS>;

/**
 * Thresholds that are learned, one for each neuron or filter, and mask the weights below them (dynamic sparse
 * training). Liu et al. 2020, https://arxiv.org/abs/2005.06870
 *
 *     z = 1 if |w| > t, else 0; in the backward pass with a long-tailed derivative
 *     openness: exp(-t), which rises as the threshold falls
 *
 * With a structure, `|w|` is the root mean square of a group.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: dynamicThreshold()});
 * await model.fit(x, y, {epochs: 20, callbacks: [new LearnedMasks({target: 0.9})]});
 */
export const dynamicThreshold = declareGate('DynamicThreshold', (args: DynamicThresholdArgs) => {
  const {per, gateSpeed} = read('dynamicThreshold', args, OPTIONS);
  return (groups, addVariable) => {
    const shape = thresholdShape('dynamicThreshold', groups, per);
    const held = addVariable('threshold', {shape, initializer: tfl.initializers.zeros()});
    const one = normOfOnes(groups);
    const excess = (norms: tf.Tensor, t: tf.Tensor) => tf.sub(tf.div(norms, one), tf.mul(t, gateSpeed));
    return {
      values: () =>
        pointwise([groups.norms(), held.read()], (norms, t) => {
          const x = excess(norms, t);
          const slopes = () => {
            const tail = longTail(x);
            return [tf.div(tail, one), tf.mul(tail, -gateSpeed)];
          };
          return {value: tf.step(x), slopes};
        }),
      ranks: () => excess(groups.norms(), held.read()),
      openness: () =>
        pointwise([held.read()], t => {
          const value = tf.mul(tf.exp(tf.mul(t, -gateSpeed)), tf.ones([...groups.shape]));
          return {value, slopes: () => [tf.mul(value, -gateSpeed)]};
        }),
    };
  };
});
