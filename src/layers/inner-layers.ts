import {fieldsOf, isLayer, isModel, type Layer} from '../tfjs-internals.js';
import {cardOf} from './cards/card-of.js';

/** The layers directly inside a wrapper, a recurrent layer or a nested model; none for other layers. */
export function childLayers(layer: Layer): readonly Layer[] {
  if (isModel(layer)) return layer.layers;
  const fields = fieldsOf(layer);
  const {holds = isLayer(fields['layer']) ? ['layer'] : []} = cardOf(layer);
  return holds.flatMap(field => fields[field] as Layer | Layer[]);
}

/** All layers inside a layer or model, at any depth. */
export function layersWithin(layer: Layer): Layer[] {
  return childLayers(layer).flatMap(inner => [inner, ...layersWithin(inner)]);
}
