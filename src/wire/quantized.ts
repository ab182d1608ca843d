import type {io} from '@tensorflow/tfjs-core';
import {oneOf, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {expectNames} from './layer-names.js';
import {stockHandler} from './stock-handler.js';

const OWNER = 'quantized';

const OPTIONS = {
  /** How a number is stored: 'uint8', the default, 'uint16' or 'float16'. */
  dtype: oneOf(['uint8', 'uint16', 'float16'], 'uint8'),
  /** Which layers are quantized: names, RegExps, or a list of them. Defaults to all. */
  layers: option(expectNames, undefined),
};

const KERNELS = {uint8: 255, uint16: 65_535, float16: 'float16'} as const;

/** Options of {@link quantized}. */
export type QuantizedArgs = Args<typeof OPTIONS>;

/**
 * Saves a model with quantized kernels, in files that `tf.loadLayersModel` reads by itself, without this library: an IO
 * handler around another one.
 *
 *     weight = stored x scale + min,  min = -zero x scale
 *
 * tf.js has one scale per tensor. It is chosen for the least squared error, which may clip the largest weights; if the
 * model was quantized before, its scale is found and kept exactly. Zeros stay exactly zero. Vectors (biases,
 * normalizations) stay 32-bit floats. {@link compressed} makes much smaller files.
 *
 * A wrapped model is stripped first. A line on the console says how many non-zero weights become zero.
 *
 * @param target any target of tf.js: a URL, or a handler such as `tf.io.browserHTTPRequest(...)` or `files(...)`.
 * @throws TypeError or RangeError at once if an option is wrong, or nothing in tf.js saves to `target`; from `save` if
 *     `layers` matches none, a weight is not finite, or the model comes with its optimizer.
 *
 * @example
 * await model.save(quantized('file://./model'));
 * const loaded = await tf.loadLayersModel('file://./model/model.json');
 */
export function quantized(target: string | io.IOHandler, args: QuantizedArgs = {}): io.IOHandler {
  const {dtype, layers} = read(OWNER, args, OPTIONS);
  return stockHandler(OWNER, target, {kernels: KERNELS[dtype], others: 'float32', layers});
}
