import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {fraction, number, oneOf, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {isAtMost} from './step-function.js';
import {rootMeanSquares, thresholdShape} from './threshold-shape.js';
import {untaped} from './untaped.js';

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
    const threshold = () => tf.sigmoid(tf.mul(s.read(), gateSpeed));
    const shrunk = (norms: tf.Tensor, t: tf.Tensor) => tf.relu(tf.sub(1, tf.div(t, norms)));
    return {
      values({training, progress}) {
        const [norms, t] = [rootMeanSquares(groups), threshold()];
        const share = leak * (1 + Math.cos(Math.PI * progress)) * 0.5;
        if (!training || share === 0) return shrunk(norms, t);
        return tf.add(shrunk(norms, t), leaking(norms, t, share));
      },
      openness() {
        const moving = rootMeanSquares(groups);
        const norms = untaped(() => tf.clone(moving));
        const width = untaped(() => tf.mul(tf.mean(norms), WIDTH));
        return tf.sigmoid(tf.div(tf.sub(norms, threshold()), width));
      },
      ranks: () => tf.sub(rootMeanSquares(groups), threshold()),
    };
  };
});

/** Over which share of the mean norm a threshold closes groups softly, for the gradient of their openness. */
const WIDTH = 0.2;

/** Zero, with a gradient for pruned groups that makes `dw'/dw` the given share: that of `share * log ||w||`. */
function leaking(norms: tf.Tensor, t: tf.Tensor, share: number): tf.Tensor {
  const pruned = untaped(() => isAtMost(norms, t));
  const slope = tf.mul(tf.log(norms), tf.mul(share, pruned));
  return tf.sub(
    slope,
    untaped(() => tf.clone(slope)),
  );
}
