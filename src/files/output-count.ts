import * as tfl from '@tensorflow/tfjs-layers';
import {field, isGraph, isObject, listedLayers, wrappedIn, type LayerEntry} from './layer-entries.js';
import {isList} from '../options/expect.js';

const OF_TFJS = new Set(Object.keys(tfl.layers).map(name => name.toLowerCase()));

/** The number of outputs of a layer, from its configuration; undefined if unknown, as for users' own layers. */
export function outputCount({className, config}: Pick<LayerEntry, 'className' | 'config'>): number | undefined {
  const wrapped = wrappedIn(className, config);
  if (wrapped) return outputCount({className: String(field(wrapped, 'className')), config: wrapped['config']});
  if (isGraph(config)) return lengthOf(field(config, 'outputLayers'));
  if (listedLayers(config)) return 1;
  return OF_TFJS.has(className.toLowerCase()) && !returnsState(config) ? 1 : undefined;
}

/** The length of a list of outputs; a single one without a list is a form of Keras 3. */
function lengthOf(outputs: unknown): number | undefined {
  if (!isList(outputs)) return undefined;
  const {length, 0: first} = outputs as unknown[];
  return isList(first) ? length : undefined;
}

/**
 * Whether a layer returns its states: the only layers of tf.js with several outputs are recurrent ones and their
 * wrappers.
 */
function returnsState(config: unknown): boolean {
  if (!isObject(config)) return false;
  const {layer} = config;
  return Boolean(field(config, 'returnState')) || (isObject(layer) && returnsState(layer['config']));
}
