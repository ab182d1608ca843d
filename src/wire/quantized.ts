import {io} from '@tensorflow/tfjs-core';
import {received} from '../options/expect.js';
import {oneOf, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {isKernel, plainArtifacts, weightsOf} from './artifacts.js';
import {chosenBy, expectNames} from './layer-names.js';
import {quantizedWeights} from './quantized-weights.js';
import {sayLost} from './say-lost.js';

const OWNER = 'quantized';

const OPTIONS = {
  /** How a number is stored: 'uint8', the default, 'uint16' or 'float16'. */
  dtype: oneOf(['uint8', 'uint16', 'float16'], 'uint8'),
  /** Which layers are quantized: names, RegExps, or a list of them. Defaults to all. */
  layers: option(expectNames, undefined),
};

/** Options of {@link quantized}. */
export type QuantizedArgs = Args<typeof OPTIONS>;

/**
 * Saves a model with quantized kernels, in files that `tf.loadLayersModel` reads by itself, without this library: an IO
 * handler around another one.
 *
 *     weight = stored x scale + min,  min = -zero x scale
 *
 * tf.js has one scale for a tensor. It is the one of least squared error, which may clip the largest weights; the scale
 * of a model that was quantized before is found, and kept exactly. Zeros stay exactly zero. Vectors (biases,
 * normalizations) stay 32-bit floats. {@link compressed} makes much smaller files.
 *
 * A wrapped model is stripped first. How many weights that were not zero become zero is said on the console.
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
  const {save} = handlerOf(target);
  return {
    async save(given) {
      const artifacts = await plainArtifacts(OWNER, given);
      const weights = weightsOf(OWNER, artifacts);
      const isChosen = chosenBy(
        layers,
        weights.filter(isKernel).map(({name}) => name),
      );
      const entries = quantizedWeights(weights, dtype, isChosen);
      const weightData = io.CompositeArrayBuffer.join(entries.map(({bytes}) => bytes));
      const result = await save({...artifacts, weightSpecs: entries.map(({spec}) => spec), weightData});
      sayLost(OWNER, weights, entries);
      return result;
    },
  };
}

type Save = NonNullable<io.IOHandler['save']>;

function handlerOf(target: string | io.IOHandler): {save: Save} {
  const handlers = typeof target === 'string' ? io.getSaveHandlers(target) : [target];
  const [handler] = handlers;
  if (handlers.length === 1 && typeof (Object(handler) as io.IOHandler).save === 'function') {
    return {save: artifacts => handler!.save!(artifacts)};
  }
  throw new TypeError(
    `${OWNER} expects a URL that one handler of tf.js saves to, or a handler with \`save\`, got ${received(target)}` +
      (typeof target === 'string' ? ` (${handlers.length} handlers); for file:// call useFastestBackend() first` : ''),
  );
}
