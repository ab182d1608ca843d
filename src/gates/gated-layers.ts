import {isPrunableLayer} from '../layers/prunable-layer.js';
import {layersWithin} from '../layers/inner-layers.js';
import type {Layer, Model} from '../tfjs-internals.js';
import type {GatedLayer} from './gated-layer.js';

/** The layers with gates of a model, also of nested ones. */
export function gatedLayers(model: Model): GatedLayer[] {
  return [...new Set(layersWithin(model))].filter(isGatedLayer);
}

/** The layers with gates in the graph that a layer is part of, itself included. */
export function gatedNeighbors(start: Layer): GatedLayer[] {
  const found = new Set([start]);
  for (const layer of found) {
    for (const {inboundLayers} of layer.inboundNodes) inboundLayers.forEach(other => found.add(other));
    for (const {outboundLayer} of layer.outboundNodes) found.add(outboundLayer);
  }
  return [...found].filter(isGatedLayer);
}

/** Whether a layer is a wrapper with gates, of this copy of the library or of another one. */
export function isGatedLayer(layer: Layer): layer is GatedLayer {
  return isPrunableLayer(layer) && 'weightGates' in layer;
}
