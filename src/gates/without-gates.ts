import omit from 'lodash/omit.js';
import {kindFor} from '../layers/kinds.js';
import {serialized} from '../layers/layer-config.js';
import {modelLayers} from '../layers/model-layers.js';
import {copyWeights, rebuild} from '../layers/rebuild.js';
import {isPrunableLayer} from '../layers/prunable-layer.js';
import {disposeWholly, type Layer, type LayerVariable, type Model, type Serialized} from '../tfjs-internals.js';
import {gatedLayers, isGatedLayer} from './gated-layers.js';
import {hardenGates} from './harden-gates.js';

/**
 * A copy of a model without its gates: wrapped layers keep their masks, and weights are what they are without gates.
 */
export function withoutGates<M extends Model>(model: M): M {
  const copy = rebuild(model, ungated);
  // What was wrapped for its gates alone got the products, not the weights themselves.
  for (const [layer, target] of pairs(model, copy)) {
    if (isGatedLayer(layer) && !isPrunableLayer(target)) copyWeights(layer.layer, target);
  }
  return copy;
}

/** A copy of a model with the same outputs, with masks in place of its gates. */
export function withMasksForGates<M extends Model>(model: M): M {
  const gated = rebuild(model, serialized);
  try {
    hardenGates(gatedLayers(gated));
    return withoutGates(gated);
  } finally {
    disposeWholly(gated);
  }
}

/** The variable of a copy without gates that replaces each of the original, by the `id` of the latter. */
export function twinsOf(model: Model, copy: Model): Map<number, LayerVariable> {
  return new Map(
    pairs(model, copy).flatMap(([layer, target]) => {
      const twins = new Map(target.weights.map(variable => [variable.originalName, variable]));
      return layer.weights.flatMap(({id, originalName}): [number, LayerVariable][] => {
        const twin = twins.get(originalName);
        return twin ? [[id, twin]] : [];
      });
    }),
  );
}

/** The layers of a model with those of its copy. */
function pairs(model: Model, copy: Model): [Layer, Layer][] {
  const targets = modelLayers(copy);
  return modelLayers(model).map(({layer}, i) => [layer, targets[i]!.layer]);
}

function ungated(layer: Layer): Serialized {
  const {className, config} = serialized(layer);
  if (!isGatedLayer(layer)) return {className, config};
  const wrapper = omit(config, ['gates', 'gated']);
  if (layer.maskedWeights.length === 0) return wrapper['layer'] as unknown as Serialized;
  return {className: kindFor(layer.layer.getClassName()), config: wrapper};
}
