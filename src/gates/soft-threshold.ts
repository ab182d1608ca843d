import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {fraction, number, oneOf, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {pointwise} from './pointwise.js';
import {sigmoidSlope} from './scaled-sigmoid.js';
import {isAtMost} from './step-function.js';
import {normOfOnes, thresholdShape} from './threshold-shape.js';

const OPTIONS = {
  /** What has a threshold of its own: each layer's weight, or each of its outputs. Defaults to 'layer'. */
  per: oneOf(['layer', 'output'], 'layer'),
  /** The value that `s` starts with: the threshold is sigmoid(s). Defaults to -6. */
  first: number({}, -6),
  /** How many times faster than a weight Adam moves a threshold. Defaults to 20. */
  gateSpeed: positive(20),
  /**
   * The share of its gradient that a pruned weight gets at first, in [0, 1]; it falls to 0 along a cosine (AutoSparse).
   * Defaults to 0.
   */
  leak: fraction(0),
};

/** Options of {@link softThreshold}. */
export type SoftThresholdArgs = Args<typeof OPTIONS>;

/**
 * Thresholds that are learned, one for each layer or output, and shrink the weights that they leave (STR). Kusupati et
 * al. 2020, https://arxiv.org/abs/2002.03231
 *
 *     w' = sign(w) * max(|w| - t, 0),  t = sigmoid(s)
 *
 * With a structure, root mean squares of groups are shrunk: `w' = w * max(1 - t / rms(w), 0)`. With `leak`, pruned
 * weights get a part of their gradient, so that they can come back. Kundu et al. 2023, https://arxiv.org/abs/2304.06941
 *
 * The sparsities of the layers that it finds can be given to another method: see {@link perLayer}.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: softThreshold()});
 * await model.fit(x, y, {epochs: 20, callbacks: [new LearnedMasks({target: 0.9})]});
 */
export const softThreshold = declareGate('SoftThreshold', (args: SoftThresholdArgs) => {
  const {per, first, gateSpeed, leak} = read('softThreshold', args, OPTIONS);
  return (groups, addVariable) => {
    const initializer = tfl.initializers.constant({value: first / gateSpeed});
    const s = addVariable('s', {shape: thresholdShape('softThreshold', groups, per), initializer});
    const threshold = (x: tf.Tensor) => tf.sigmoid(tf.mul(x, gateSpeed));
    const one = normOfOnes(groups);
    return {
      values: ({training, progress}) =>
        pointwise([groups.norms(), s.read()], (norms, x) => {
          const t = threshold(x);
          const gone = tf.div(tf.mul(t, one), norms);
          const value = tf.relu(tf.sub(1, gone));
          const leaking = training ? leak * (1 + Math.cos(Math.PI * progress)) * 0.5 : 0;
          const slopes = () => {
            const moved = tf.mul(gone, tf.step(value));
            const slope = leaking === 0 ? moved : tf.add(moved, tf.mul(leaking, isAtMost(value, 0)));
            return [tf.div(slope, norms), tf.mul(moved, tf.mul(tf.sub(t, 1), gateSpeed))];
          };
          return {value, slopes};
        }),
      openness() {
        const norms = groups.norms();
        return pointwise([s.read()], x => {
          const t = threshold(x);
          const width = tf.mul(tf.mean(norms), WIDTH);
          const value = tf.sigmoid(tf.div(tf.sub(norms, tf.mul(t, one)), width));
          return {value, slopes: () => [tf.mul(sigmoidSlope(value, -one), tf.div(sigmoidSlope(t, gateSpeed), width))]};
        });
      },
      ranks: () => tf.sub(groups.norms(), tf.mul(threshold(s.read()), one)),
    };
  };
});

/** Over which share of the mean norm a threshold closes groups softly, for the gradient of their openness. */
const WIDTH = 0.2;
