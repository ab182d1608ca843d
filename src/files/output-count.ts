import * as tfl from '@tensorflow/tfjs-layers';
import {field, isGraph, isObject, listedLayers, wrappedIn, type LayerEntry} from './layer-entries.js';
import {isList} from '../math/expect.js';

const OF_TFJS = new Set(Object.keys(tfl.layers).map(name => name.toLowerCase()));

/** How many tensors a layer gives, by its configuration; undefined where that is not known, as of a layer of a user's own. */
export function outputCount({className, config}: Pick<LayerEntry, 'className' | 'config'>): number | undefined {
  const wrapped = wrappedIn(className, config);
  if (wrapped) return outputCount({className: String(field(wrapped, 'className')), config: wrapped['config']});
  if (isGraph(config)) {
    const outputs = field(config, 'outputLayers');
    return isList(outputs) && !isFlat(outputs as unknown[]) ? (outputs as unknown[]).length : undefined;
  }
  if (listedLayers(config)) return 1;
  return OF_TFJS.has(className.toLowerCase()) && !returnsState(config) ? 1 : undefined;
}

function isFlat(outputs: readonly unknown[]): boolean {
  return typeof outputs[0] === 'string';
}

/** Of the layers of tf.js, only those that return their states give several tensors: recurrent ones and what is around them. */
function returnsState(config: unknown): boolean {
  if (!isObject(config)) return false;
  const {layer} = config;
  return Boolean(field(config, 'returnState')) || (isObject(layer) && returnsState(layer['config']));
}
