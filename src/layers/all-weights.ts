import type {LayerVariable, Model} from '../tfjs-internals.js';
import {modelLayers} from './model-layers.js';
import {inCreationOrder} from './prunable-layer.js';

/** A weight of a model, by the name under which the model is saved, behind the nested models that it is in. */
export interface NamedWeight {
  readonly name: string;
  readonly weight: LayerVariable;
}

/**
 * All weights of a model, masks and statistics too, by the places of their layers: an order that no trainable flag
 * changes.
 */
export function allWeights(model: Model): NamedWeight[] {
  return modelLayers(model).flatMap(({layer, within}) =>
    inCreationOrder(layer).map(weight => ({name: within + weight.originalName, weight})),
  );
}
