import type {LayerVariable, Model} from '../tfjs-internals.js';
import {modelLayers} from './model-layers.js';
import {inCreationOrder} from './prunable-layer.js';

/** A weight of a model and the name it is saved under: `base/conv1/kernel` in a nested model `base`. */
export interface NamedWeight {
  readonly name: string;
  readonly weight: LayerVariable;
}

/**
 * All weights of a model, masks and statistics included, in the order of its layers. Freezing layers does not change
 * the order.
 */
export function allWeights(model: Model): NamedWeight[] {
  return modelLayers(model).flatMap(({layer, within}) =>
    inCreationOrder(layer).map(weight => ({name: within + weight.originalName, weight})),
  );
}
