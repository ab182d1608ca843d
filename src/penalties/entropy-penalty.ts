import * as tf from '@tensorflow/tfjs-core';
import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {QUANTIZER, quantizerOf, type Quantizer} from '../parametrizations/step-sizes.js';
import type {WeightLayout} from '../structures/structure.js';
import {bitsOf, codeOf, magnitudesOf, slopesOf} from './code-length.js';
import type {Penalty} from './penalty.js';
import {STRENGTH} from './strength.js';

/** Options of {@link entropyPenalty}. */
export type EntropyPenaltyArgs = Args<typeof STRENGTH & typeof QUANTIZER>;

/**
 * The bits that weights take in a file when they are quantized, as {@link quantizationAware} does with the same options
 * and `compressed` codes them: weights that are worth less than their bits go to zero.
 *
 *     strength * sum over weights of bits(|w| / step)
 *     bits(0) = -log2(1 - p),   bits(a) = -log2 p + 1 - log2(1 - q) - (a - 1) log2 q,   a = 1 ... levels
 *     logit p = min(0, logit(density of the row) + logit(density of the column) - logit(density of all))
 *
 * Rows are inputs and columns outputs of a kernel; a weight that is not zero takes a bit for its sign and goes on to
 * the next magnitude with the probability q. Between two levels the bits are interpolated: the mean over random
 * rounding. Densities and q are those of the weights at each step and constants to the gradient, which is that of the
 * entropy of such a code, since a code that fits best is stationary. So there is nothing to learn besides the weights.
 * Steps grow in proportion to the root mean square of the weights, so the gradient is orthogonal to them: what small
 * weights lose, large ones gain. At zero it is zero.
 *
 * A weight takes a few bits: begin with a strength of about 1e-7, or leave that to a target of bytes, as below. After
 * Oktay et al. 2020, https://arxiv.org/abs/1906.06624, and Wiedemann et al. 2018, https://arxiv.org/abs/1812.07520
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {parametrizations: [quantizationAware({bits: 4})]});
 * const penalty = entropyPenalty({strength: 1e-7, bits: 4});
 * await model.fit(x, y, {epochs: 20, callbacks: [new ScheduledPenalty({penalty, target: {bytes: 20_000}})]});
 * await stripPruning(model).save(compressed('file://./model.tfpr', {others: 'float16'}));
 */
export function entropyPenalty(args: EntropyPenaltyArgs): Penalty {
  const {strength, ...quantizer} = read('entropyPenalty', args, {...STRENGTH, ...QUANTIZER});
  const codeLength = (weight: tf.Tensor, {shape}: WeightLayout) =>
    tf.tidy(() => {
      const {levels, stepsOf} = quantizerOf(quantizer, shape);
      const rounded = tf.round(magnitudesOf(weight, stepsOf(weight), levels));
      return bitsOf(rounded, codeOf(rounded));
    });
  const term = (weight: tf.Tensor, {shape}: WeightLayout) =>
    tf.customGrad((w, save) => {
      const {bits, slope} = tf.tidy(() => coded(w as tf.Tensor, quantizerOf(quantizer, shape)));
      (save as tf.GradSaveFunc)([slope]);
      return {value: tf.mul(bits, strength), gradFunc: (dy, [saved]) => tf.mul(tf.mul(dy, strength), saved!)};
    })(weight) as tf.Scalar;
  return Object.assign(term, {code: {lengthOf: codeLength, bits: quantizer.bits}});
}

/** The bits of a weight, and their slope for each of its numbers. */
function coded(weight: tf.Tensor, {axes, levels, stepsOf}: Quantizer): {bits: tf.Scalar; slope: tf.Tensor} {
  const steps = stepsOf(weight);
  const magnitudes = magnitudesOf(weight, steps, levels);
  const code = codeOf(magnitudes);
  const slopes = tf.reshape(slopesOf(magnitudes, levels, code), weight.shape);
  const direct = tf.div(tf.mul(tf.sign(weight), slopes), steps);
  // steps grow with the weights, so that to scale all of them changes no bit
  const sums = [tf.mul(direct, weight), tf.square(weight)].map(each => tf.sum(each, axes, true));
  return {bits: bitsOf(magnitudes, code), slope: tf.sub(direct, tf.mul(weight, tf.divNoNan(sums[0]!, sums[1]!)))};
}

noteMakers(entropyPenalty);
