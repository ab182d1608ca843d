import * as tf from '@tensorflow/tfjs-core';
import {integer, number, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {logisticNoise} from './logistic-noise.js';
import {pointwise} from './pointwise.js';
import {scaledSigmoid, sigmoidSlope} from './scaled-sigmoid.js';
import {startingAt} from './starting-at.js';

const [BETA, GAMMA, ZETA] = [2 / 3, -0.1, 1.1];

const OPTIONS = {
  /** The probability at first that a gate is closed, in (0, 1). Defaults to 0.1. */
  dropRate: number({min: Number.MIN_VALUE, max: 1}, 0.1),
  /**
   * How many times faster than a weight Adam moves a gate. Defaults to 20; with 1, closing one takes thousands of
   * steps.
   */
  gateSpeed: positive(20),
  /** A whole number >= 0; each seed gives other first values and noise. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link hardConcrete}. */
export type HardConcreteArgs = Args<typeof OPTIONS>;

/**
 * L0 regularization: gates `z` in [0, 1] with noise, which can be exactly 0 and 1 (hard concrete distribution, beta
 * 2/3, gamma -0.1, zeta 1.1). Louizos et al. 2018, https://arxiv.org/abs/1712.01312
 *
 *     training: z = clip(sigmoid((log u - log(1 - u) + log alpha) / beta) * (zeta - gamma) + gamma),  u ~ U(0, 1)
 *     else:     z = clip(sigmoid(log alpha) * (zeta - gamma) + gamma)
 *     openness: P(z > 0) = sigmoid(log alpha - beta * log(-gamma / zeta))
 *
 * When {@link LearnedMasks} hardens them, gates of 0 become masks, and those between 0 and 1 are multiplied in.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: hardConcrete(), structure: filters(), layers: /conv/});
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 * await model.fit(x, y, {epochs: 20, callbacks: [new LearnedMasks({target: 0.8})]});
 */
export const hardConcrete = declareGate('HardConcrete', (args: HardConcreteArgs) => {
  const {dropRate, gateSpeed, seed} = read('hardConcrete', args, OPTIONS);
  return ({shape, name}, addVariable) => {
    const initializer = startingAt(Math.log((1 - dropRate) / dropRate), {gateSpeed, text: `${seed} ${name}`});
    const gates = addVariable('log_alpha', {initializer});
    const noise = (step: number) => tf.div(logisticNoise(shape, `${seed} ${name} ${step}`), BETA);
    return {
      isNoisy: true,
      values: ({training, step}) =>
        pointwise([gates.read()], x => {
          const scale = training ? gateSpeed / BETA : gateSpeed;
          const logAlpha = tf.mul(x, scale);
          const open = tf.sigmoid(training ? tf.add(logAlpha, noise(step)) : logAlpha);
          const value = tf.clipByValue(tf.add(tf.mul(open, ZETA - GAMMA), GAMMA), 0, 1);
          return {value, slopes: () => [tf.mul(sigmoidSlope(open, scale * (ZETA - GAMMA)), isBetween(value))]};
        }),
      openness: () => scaledSigmoid(gates.read(), gateSpeed, -BETA * Math.log(-GAMMA / ZETA)),
    };
  };
});

/** 1 where a gate is neither closed nor wholly open, else 0. */
function isBetween(value: tf.Tensor): tf.Tensor {
  return tf.step(tf.mul(value, tf.sub(1, value)));
}
