import * as tfl from '@tensorflow/tfjs-layers';
import {field, isGraph, isObject, listedLayers, wrappedIn, type LayerEntry} from './layer-entries.js';
import {isList} from '../options/expect.js';

const OF_TFJS = new Set(Object.keys(tfl.layers).map(name => name.toLowerCase()));

/**
 * How many tensors a layer gives, by its configuration; undefined where that is not known, as of a layer of a user's
 * own.
 */
export function outputCount({className, config}: Pick<LayerEntry, 'className' | 'config'>): number | undefined {
  const wrapped = wrappedIn(className, config);
  if (wrapped) return outputCount({className: String(field(wrapped, 'className')), config: wrapped['config']});
  if (isGraph(config)) return lengthOf(field(config, 'outputLayers'));
  if (listedLayers(config)) return 1;
  return OF_TFJS.has(className.toLowerCase()) && !returnsState(config) ? 1 : undefined;
}

/** Of a list of outputs; a single one without a list around it is a form of Keras 3. */
function lengthOf(outputs: unknown): number | undefined {
  if (!isList(outputs)) return undefined;
  const {length, 0: first} = outputs as unknown[];
  return isList(first) ? length : undefined;
}

/**
 * Of the layers of tf.js, only those that return their states give several tensors: recurrent ones and what is around
 * them.
 */
function returnsState(config: unknown): boolean {
  if (!isObject(config)) return false;
  const {layer} = config;
  return Boolean(field(config, 'returnState')) || (isObject(layer) && returnsState(layer['config']));
}
