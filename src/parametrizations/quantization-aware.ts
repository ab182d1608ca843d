import * as tf from '@tensorflow/tfjs-core';
import {columnAxis} from '../math/column-axis.js';
import {scaleOf} from '../math/scales.js';
import {boolean, integer} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {declareParametrization} from './declare-parametrization.js';

const OPTIONS = {
  /** Bits of a weight, from 2 to 8: `2^(bits - 1) - 1` levels to each side of zero. Defaults to 8. */
  bits: integer({min: 2, max: 8}, 8),
  /** Whether each output of a kernel has a scale of its own. Defaults to true. */
  perChannel: boolean(true),
};

/** Options of {@link quantizationAware}. */
export type QuantizationAwareArgs = Args<typeof OPTIONS>;

/**
 * Where the range of 2 to 8 bits is clipped, in root mean squares of the weights that are not zero: for normally
 * distributed weights the squared error is least there. Banner et al. 2019, https://arxiv.org/abs/1810.05723, table of
 * section 3.
 */
const CLIPPED_AT: Readonly<Record<number, number>> = {2: 1.71, 3: 2.15, 4: 2.55, 5: 2.93, 6: 3.28, 7: 3.61, 8: 3.92};

/** Exponents of scales, eight to an octave: from 2^-40 to 2^16. */
const [LEAST, MOST] = [-320, 128];

/**
 * Trains with quantized weights, so that a model loses less when it is quantized: layers compute with the nearest
 * levels of a grid, and gradients pass straight through to the weights. Masks come first, and zeros stay zeros.
 *
 *     scale = 2^(k / 8), the least that is not below min(max |w|, c rms(w)) / levels
 *     weight = scale * clip(round(w / scale), -levels, levels)
 *
 * with c by Banner et al. 2019 and the root mean square over weights that are not zero. `stripPruning` leaves the
 * weights on their grid, and `compressed` of `tfjs-pruning/wire` finds it: nothing more is lost. Jacob et al. 2018,
 * https://arxiv.org/abs/1712.05877
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
  const {bits, perChannel} = read('quantizationAware', args, OPTIONS);
  const levels = 2 ** (bits - 1) - 1;
  return ({shape}) => {
    const axes = [...shape.keys()].filter(axis => !perChannel || axis !== columnAxis(shape));
    return {apply: weight => quantized(weight, axes, levels, CLIPPED_AT[bits]!)};
  };
});

/** The nearest weights on the grid, with the gradients of the weights themselves. */
function quantized(weight: tf.Tensor, axes: number[], levels: number, clippedAt: number): tf.Tensor {
  return tf.customGrad(value => ({
    value: tf.tidy(() => onGrid(value as tf.Tensor, axes, levels, clippedAt)),
    gradFunc: dy => tf.clone(dy),
  }))(weight);
}

function onGrid(weight: tf.Tensor, axes: number[], levels: number, clippedAt: number): tf.Tensor {
  const size = tf.abs(weight);
  const kept = tf.maximum(tf.sum(tf.step(size), axes, true), 1);
  const deviation = tf.sqrt(tf.div(tf.sum(tf.square(weight), axes, true), kept));
  const range = tf.minimum(tf.max(size, axes, true), tf.mul(clippedAt, deviation));
  const scale = scaleAbove(tf.div(range, levels));
  return tf.mul(tf.clipByValue(tf.round(tf.div(weight, scale)), -levels, levels), scale);
}

/** The least scale that is not below a value; looked up, since not every backend computes a power to the last bit. */
function scaleAbove(value: tf.Tensor): tf.Tensor {
  const exponent = tf.ceil(tf.mul(8 / Math.LN2, tf.log(tf.maximum(value, scaleOf(LEAST)))));
  const place = tf.sub(tf.clipByValue(exponent, LEAST, MOST), LEAST);
  const scales = tf.tensor1d(Float32Array.from({length: MOST - LEAST + 1}, (_, i) => scaleOf(LEAST + i)));
  return tf.gather(scales, tf.cast(place, 'int32'));
}
