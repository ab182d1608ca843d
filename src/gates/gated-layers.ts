import {isPrunableLayer, type PrunableLayer} from '../layers/prunable-layer.js';
import {layersWithin} from '../layers/inner-layers.js';
import type {Layer, Model} from '../tfjs-internals.js';
import type {GatedTensor} from './gated-tensor.js';
import type {WeightGate} from './weight-gate.js';

/** A wrapper with gates: its own, or those of another layer of the model that makes the same channels. */
export interface LayerWithGates extends PrunableLayer {
  /** The gates that this layer holds. */
  readonly weightGates: readonly WeightGate[];
  /** The tensors of this layer with slices in gated groups. */
  readonly gatedTensors: readonly GatedTensor[];
  /** The biases, scales and shifts among them. */
  readonly gatedVectors: readonly GatedTensor[];
}

/** The layers with gates of a model, also of nested ones. */
export function gatedLayers(model: Model): LayerWithGates[] {
  return [...new Set(layersWithin(model))].filter(isGatedLayer);
}

/** The layers with gates in the graph that a layer is part of, itself included. */
export function gatedNeighbors(start: Layer): LayerWithGates[] {
  const found = new Set([start]);
  for (const layer of found) {
    for (const {inboundLayers} of layer.inboundNodes) inboundLayers.forEach(other => found.add(other));
    for (const {outboundLayer} of layer.outboundNodes) found.add(outboundLayer);
  }
  return [...found].filter(isGatedLayer);
}

/** Whether a layer is a wrapper with gates, of this copy of the library or of another one. */
export function isGatedLayer(layer: Layer): layer is LayerWithGates {
  return isPrunableLayer(layer) && 'weightGates' in layer;
}
