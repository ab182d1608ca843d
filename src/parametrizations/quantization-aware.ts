import * as tf from '@tensorflow/tfjs-core';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareParametrization} from './declare-parametrization.js';
import {QUANTIZER, quantizerOf, type Quantizer} from './step-sizes.js';

/** Options of {@link quantizationAware}. */
export type QuantizationAwareArgs = Args<typeof QUANTIZER>;

/**
 * Trains with quantized weights, so that a model loses less when it is quantized: layers compute with the nearest
 * levels of a grid, and gradients pass straight through to the weights. Masks come first, and zeros stay zeros.
 *
 *     scale = 2^(k / 8), the least that is not below min(max |w|, c rms(w)) / levels
 *     weight = scale * clip(round(w / scale), -levels, levels)
 *
 * with c by Banner et al. 2019 and the root mean square over weights that are neither zero nor below an eighth of a
 * step. `stripPruning` leaves the weights on their grid, and `compressed` of `tfjs-pruning/wire` finds it: nothing more
 * is lost. To cut channels out, call `shrink` after that. Jacob et al. 2018, https://arxiv.org/abs/1712.05877
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * const model = prunable(net, {parametrizations: [quantizationAware({bits: 4})]});
 * model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
 * await model.fit(x, y, {epochs: 10, callbacks: [new GradualPruning({sparsity: 0.9})]});
 * await stripPruning(model).save(compressed('file://./model.tfpr'));
 */
export const quantizationAware = declareParametrization('QuantizationAware', (args: QuantizationAwareArgs) => {
  const options = read('quantizationAware', args, QUANTIZER);
  return ({shape}) => {
    const quantizer = quantizerOf(options, shape);
    return {apply: weight => quantized(weight, quantizer)};
  };
});

/** The nearest weights on the grid, with the gradients of the weights themselves. */
function quantized(weight: tf.Tensor, quantizer: Quantizer): tf.Tensor {
  return tf.customGrad(value => ({
    value: tf.tidy(() => onGrid(value as tf.Tensor, quantizer)),
    gradFunc: dy => tf.clone(dy),
  }))(weight);
}

function onGrid(weight: tf.Tensor, {levels, stepsOf}: Quantizer): tf.Tensor {
  const steps = stepsOf(weight);
  return tf.mul(tf.clipByValue(tf.round(tf.div(weight, steps)), -levels, levels), steps);
}
