import * as tf from '@tensorflow/tfjs-core';
import {
  copyOf,
  editConfig,
  fieldsOf,
  isLayer,
  isModel,
  type Config,
  type Layer,
  type Serialized,
} from '../tfjs-internals.js';
import {cardOf} from './cards/card-of.js';

/**
 * A copy of a layer's configuration that is safe to edit: `getConfig` may return live objects, and `fromConfig` changes
 * its argument. Errors of tf.js are corrected, in inner layers too.
 */
export function configOf(layer: Layer): Config {
  const config = copyOf(layer.getConfig());
  const {layer: inner} = fieldsOf(layer);
  correct(layer, config);
  if (isModel(layer)) {
    (config['layers'] as Config[]).forEach((entry, i) => (entry['config'] = configOf(layer.layers[i]!)));
  } else if (isLayer(inner) && config['layer'] !== undefined) {
    config['layer'] = serialized(inner) as unknown as Config;
  }
  return config;
}

/** A layer as it is written into another one's configuration. */
export function serialized(layer: Layer): Serialized {
  return {className: layer.getClassName(), config: configOf(layer)};
}

/** Makes `getConfig` of a layer itself return what {@link configOf} does, for `model.save`. */
export function mendConfig(layer: Layer): void {
  if (cardOf(layer).miswrites) editConfig(layer, config => correct(layer, config));
}

function correct(layer: Layer, config: Config): void {
  for (const option of cardOf(layer).miswrites ?? []) config[option] = written(fieldsOf(layer)[option]);
}

/** A value as configurations hold it. */
function written(value: unknown): Config[string] {
  if (!(value instanceof tf.serialization.Serializable)) return value as Config[string];
  return {className: value.getClassName(), config: value.getConfig()};
}
