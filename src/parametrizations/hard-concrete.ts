import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {integer, number, oneOf, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declared} from './declared.js';
import {logisticNoise} from './logistic-noise.js';
import {sizeOf} from '../math/size-of.js';

const [BETA, GAMMA, ZETA] = [2 / 3, -0.1, 1.1];

const OPTIONS = {
  /** What an open gate adds to the loss for each weight that it multiplies, at least 0. */
  strength: number({min: 0}),
  /** What has a gate of its own: each output (filter, unit), each input, or each weight. Defaults to 'outputs'. */
  per: oneOf(['outputs', 'inputs', 'weights'], 'outputs'),
  /** The initial probability that a gate is closed, in (0, 1). Defaults to 0.5. */
  dropRate: number({min: Number.MIN_VALUE, max: 1}, 0.5),
  /**
   * How many times faster than a weight Adam moves a gate. Defaults to 20; with 1, closing one takes thousands of
   * steps.
   */
  gateSpeed: positive(20),
  /** A whole number >= 0; each seed gives different noise. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link hardConcrete}. */
export type HardConcreteArgs = Args<typeof OPTIONS>;

/**
 * L0 regularization: gates `z` in [0, 1] multiply the weights and are trained with them. Each open gate has a cost,
 * which makes gates close (hard concrete distribution, beta 2/3, gamma -0.1, zeta 1.1). Louizos et al. 2018,
 * https://arxiv.org/abs/1712.01312
 *
 *     training: z = clip(sigmoid((log u - log(1 - u) + log alpha) / beta) * (zeta - gamma) + gamma),  u ~ U(0, 1)
 *     else:     z = clip(sigmoid(log alpha) * (zeta - gamma) + gamma)
 *     cost:     strength * weights * P(z > 0),  P = sigmoid(log alpha - beta * log(-gamma / zeta))
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {layers: /conv/, parametrizations: [hardConcrete({strength: 1e-5})]});
 */
export const hardConcrete = declared('HardConcrete', (args: HardConcreteArgs) => {
  const {strength, per, dropRate, gateSpeed, seed} = read('hardConcrete', args, OPTIONS);
  return ({shape, name, outputAxes, inputAxes}, addVariable) => {
    const axes = {outputs: outputAxes, inputs: inputAxes, weights: [...shape.keys()]}[per];
    const first = {mean: Math.log((1 - dropRate) / dropRate) / gateSpeed, stddev: 0.01 / gateSpeed, seed};
    const gates = addVariable('log_alpha', {axes, initializer: tfl.initializers.randomNormal(first)});
    const weights = sizeOf(shape) / sizeOf(gates.shape);
    const noise = logisticNoise(addVariable, `${seed} ${name}`);
    const logAlpha = () => tf.mul(gates.read(), gateSpeed);
    const noisy = () => tf.div(tf.add(logAlpha(), noise(gates.shape as number[])), BETA);
    const stretched = (open: tf.Tensor) => tf.clipByValue(tf.add(tf.mul(open, ZETA - GAMMA), GAMMA), 0, 1);
    return {
      isNoisy: true,
      apply: (w, {training}) => tf.mul(w, stretched(tf.sigmoid(training ? noisy() : logAlpha()))),
      cost: () => tf.mul(strength * weights, tf.sum(tf.sigmoid(tf.sub(logAlpha(), BETA * Math.log(-GAMMA / ZETA))))),
    };
  };
});
