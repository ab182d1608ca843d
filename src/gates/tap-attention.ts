import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {boolean, integer, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {hashOf} from '../math/random-numbers.js';
import {declareGate} from './declare-gate.js';
import {firstOfLargest} from './first-of-largest.js';
import type {GateGroups} from './gate.js';
import {scaledBy} from './pointwise.js';
import {straight, untaped} from './untaped.js';

const OPTIONS = {
  /** How soft the attention is at first, > 0. Defaults to 6.7. */
  firstTemperature: positive(6.7),
  /** How soft it is at the end, > 0. Defaults to 0.02. */
  finalTemperature: positive(0.02),
  /** Whether an input channel is shifted the same way for all outputs: see {@link shifts}. Defaults to false. */
  shared: boolean(false),
  /** How many times faster than a weight Adam moves the attention. Defaults to 1. */
  gateSpeed: positive(1),
  /** A whole number >= 0; each seed gives other first values. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link tapAttention}. */
export type TapAttentionArgs = Args<typeof OPTIONS>;

/**
 * Learns which single tap of each window to keep (shift attention layers). Windows are the k x k weights between one
 * input and one output channel. Hacene et al. 2019, https://arxiv.org/abs/1905.12300
 *
 *     training: z = softmax over the window of A / (std(A) * T),  T from firstTemperature to finalTemperature
 *     else:     z = 1 at the largest A of the window, else 0
 *
 * It keeps 1 of k * k weights, so `LearnedMasks` takes no target. With `shared: true`,
 * `shiftConvolutions` makes the model faster.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError if groups are not single weights, or a
 *     layer is not a convolution.
 *
 * @example
 * const model = prunable(net, {gate: tapAttention({shared: true}), layers: /conv/});
 * await model.fit(x, y, {epochs: 20, callbacks: [new LearnedMasks()]});
 * const fast = await shiftConvolutions(stripPruning(model));
 */
export const tapAttention = declareGate('TapAttention', (args: TapAttentionArgs) => {
  const {firstTemperature, finalTemperature, shared, gateSpeed, seed} = read('tapAttention', args, OPTIONS);
  return (groups, addVariable) => {
    const windows = expectWindows(groups);
    const {shape, layout, name} = groups;
    const own = shape.map((size, axis) => (shared && layout.outputAxes.includes(axis) ? 1 : size));
    const initializer = tfl.initializers.randomNormal({stddev: 0.1 / gateSpeed, seed: hashOf(`${seed} ${name}`)});
    const held = addVariable('attention', {shape: own, initializer});
    const attention = () => tf.mul(held.read(), gateSpeed);
    const temperature = (progress: number) => firstTemperature * (finalTemperature / firstTemperature) ** progress;
    const soft = (progress: number) => {
      const a = attention();
      const deviation = tf.add(tf.sqrt(tf.moments(a, windows, true).variance), 1e-6);
      return softmaxOver(tf.div(a, tf.mul(deviation, temperature(progress))), windows);
    };
    const chosen = () => untaped(() => firstLargest(attention(), windows));
    return {
      values: ({training, progress}) =>
        scaledBy(tf.ones([...shape]), training ? soft(progress) : straight(chosen(), soft(1))),
    };
  };
});

/** The axes of a window. */
function expectWindows({shape, layout, name}: GateGroups): number[] {
  const {inputAxes, outputAxes} = layout;
  const axes = [...layout.shape.keys()].filter(axis => !inputAxes.includes(axis) && !outputAxes.includes(axis));
  if (axes.length > 0 && shape.length === layout.shape.length && shape.every((size, i) => size === layout.shape[i])) {
    return axes;
  }
  throw new RangeError(
    `tapAttention() expects single weights of convolutions as groups, but "${name}" [${layout.shape.join()}] has ` +
      'others; choose convolutions by `layers`, and no `structure`',
  );
}

function softmaxOver(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  const e = tf.exp(
    tf.sub(
      x,
      untaped(() => tf.max(x, [...axes], true)),
    ),
  );
  return tf.div(e, tf.sum(e, [...axes], true));
}

/** 1 at the largest value of each window, the first one among equals. */
function firstLargest(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  const others = [...x.shape.keys()].filter(axis => !axes.includes(axis));
  const order = [...others, ...axes];
  const back = order.map((_, axis) => order.indexOf(axis));
  const size = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  const chosen = firstOfLargest(tf.reshape(tf.transpose(x, order), [-1, size]));
  return tf.transpose(
    tf.reshape(
      chosen,
      order.map(axis => x.shape[axis]!),
    ),
    back,
  );
}
