import {deserialize, fieldsOf, type Layer, type Model} from '../tfjs-internals.js';
import {childLayers, layersWithin} from './inner-layers.js';
import {serialized} from './layer-config.js';

/** Fields that tf.js itself sets, and that differ from layer to layer. */
const OF_TFJS = ['id', 'name', 'built', 'trainable_', 'stateful', 'fastWeightInitDuringBuild'];

/**
 * Explains why a model could not be copied: a class of the user's own may leave an argument of its constructor out of
 * `getConfig`, as tf.js then saves it, too. Returns the same error if that is not the reason.
 */
export function explained(error: unknown, model: Model): unknown {
  for (const layer of layersWithin(model).filter(each => childLayers(each).length === 0)) {
    const lost = lostBy(layer);
    if (lost !== undefined) return withoutArgument(layer, lost, error);
  }
  return error;
}

/** What a layer that is made from the configuration of another one lacks; undefined if nothing. */
function lostBy(layer: Layer): string | undefined {
  try {
    const again = fieldsOf(deserialize(serialized(layer)));
    const fields = Object.entries(fieldsOf(layer)).filter(([name, value]) => isArgument(name, value));
    const lost = fields.filter(([name, value]) => again[name] !== value).map(([name]) => `\`${name}\``);
    return lost.length > 0 ? lost.join(', ') : undefined;
  } catch {
    return 'each argument that the constructor needs';
  }
}

function isArgument(name: string, value: unknown): boolean {
  return !name.startsWith('_') && !OF_TFJS.includes(name) && ['number', 'string', 'boolean'].includes(typeof value);
}

function withoutArgument(layer: Layer, lost: string, cause: unknown): TypeError {
  const className = layer.getClassName();
  return new TypeError(
    `Layer "${layer.name}" (${className}) can't be made again from its configuration, neither here nor by ` +
      `tf.loadLayersModel: getConfig() of ${className} must also hold ${lost}. ` +
      (cause instanceof Error ? cause.message : String(cause)),
    {cause},
  );
}
