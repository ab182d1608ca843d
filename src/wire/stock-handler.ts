import {io} from '@tensorflow/tfjs-core';
import {received} from '../options/expect.js';
import {isKernel, plainArtifacts, weightsOf} from './artifacts.js';
import {chosenBy, type LayerNames} from './layer-names.js';
import {sayLost} from './say-lost.js';
import {stockWeights, type StockCoding} from './stock-weights.js';

/** Which kernels are quantized, and how all is stored. */
export interface StockArgs extends StockCoding {
  readonly layers: LayerNames | undefined;
}

/**
 * Saves models such that tf.js loads them by itself: a handler around one of tf.js.
 *
 * @throws TypeError if nothing in tf.js saves to `target`.
 */
export function stockHandler(owner: string, target: string | io.IOHandler, args: StockArgs): io.IOHandler {
  const {save} = handlerOf(owner, target);
  return {
    async save(given) {
      const artifacts = await plainArtifacts(owner, given);
      const weights = weightsOf(owner, artifacts);
      const kernels = weights.filter(isKernel).map(({name}) => name);
      const stored = stockWeights(weights, args, chosenBy(args.layers, kernels));
      const weightData = io.CompositeArrayBuffer.join(stored.map(({bytes}) => bytes));
      const result = await save({...artifacts, weightSpecs: stored.map(({spec}) => spec), weightData});
      sayLost(owner, weights, stored);
      return result;
    },
  };
}

type Save = NonNullable<io.IOHandler['save']>;

function handlerOf(owner: string, target: string | io.IOHandler): {save: Save} {
  const handlers = typeof target === 'string' ? io.getSaveHandlers(target) : [target];
  const [handler] = handlers;
  if (handlers.length === 1 && typeof (Object(handler) as io.IOHandler).save === 'function') {
    return {save: artifacts => handler!.save!(artifacts)};
  }
  throw new TypeError(
    `${owner} expects a URL that one handler of tf.js saves to, or a handler with \`save\`, got ${received(target)}` +
      (typeof target === 'string' ? ` (${handlers.length} handlers); for file:// call useFastestBackend() first` : ''),
  );
}
