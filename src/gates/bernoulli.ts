import * as tf from '@tensorflow/tfjs-core';
import {boolean, integer, number, oneOf, positive} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareGate} from './declare-gate.js';
import {logisticNoise} from './logistic-noise.js';
import {pointwise} from './pointwise.js';
import {scaledSigmoid, sigmoidSlope, sigmoidStep} from './scaled-sigmoid.js';
import {signedConstant} from './signed-constant.js';
import {startingAt} from './starting-at.js';

const OPTIONS = {
  /** The probability at first that a gate is closed, in (0, 1). Defaults to 0.01. */
  dropRate: number({min: Number.MIN_VALUE, max: 1}, 0.01),
  /** How many times faster than a weight Adam moves a gate. Defaults to 20. */
  gateSpeed: positive(20),
  /** Whether only the gates are trained, and no weight: a supermask. Defaults to false. */
  freezeKernel: boolean(false),
  /**
   * The weights at first: 'asIs', or 'signedConstant', their signs times the deviation of their kernel. Defaults to
   * 'asIs'.
   */
  start: oneOf(['asIs', 'signedConstant'], 'asIs'),
  /** A whole number >= 0; each seed gives other first values and noise. Defaults to 0. */
  seed: integer({}, 0),
};

/** Options of {@link bernoulli}. */
export type BernoulliArgs = Args<typeof OPTIONS>;

/**
 * Gates that are 0 or 1: drawn in training, with the gradient of their probability (straight-through). Srinivas et al.
 * 2017, https://arxiv.org/abs/1611.06694, with the noise and the target of NNCF.
 *
 *     training: z = 1 if s + noise > 0, else 0: 1 with the probability sigmoid(s)
 *               dz/ds = p (1 - p),  p = sigmoid(s + noise)
 *     else:     z = 1 if s > 0, else 0
 *     openness: sigmoid(s)
 *
 * With `freezeKernel` the weights never train and the mask alone learns: a supermask. Zhou et al. 2019,
 * https://arxiv.org/abs/1905.01067
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {gate: bernoulli(), structure: filters(), layers: /conv/});
 *
 * @example
 * const gate = bernoulli({dropRate: 0.5, freezeKernel: true, start: 'signedConstant'}); // a supermask
 */
export const bernoulli = declareGate('Bernoulli', (args: BernoulliArgs) => {
  const {dropRate, gateSpeed, freezeKernel, start, seed} = read('bernoulli', args, OPTIONS);
  return ({shape, name}, addVariable) => {
    const initializer = startingAt(Math.log((1 - dropRate) / dropRate), {gateSpeed, text: `${seed} ${name}`});
    const gates = addVariable('logits', {initializer});
    const drawn = (step: number) =>
      pointwise([gates.read()], x => {
        const noisy = tf.add(tf.mul(x, gateSpeed), logisticNoise(shape, `${seed} ${name} ${step}`));
        return {value: tf.step(noisy), slopes: () => [sigmoidSlope(tf.sigmoid(noisy), gateSpeed)]};
      });
    return {
      isNoisy: true,
      freezesKernel: freezeKernel,
      values: ({training, step}) => (training ? drawn(step) : sigmoidStep(gates.read(), gateSpeed)),
      openness: () => scaledSigmoid(gates.read(), gateSpeed),
      ...(start === 'signedConstant' && {start: signedConstant}),
    };
  };
});
