import {fieldsOf, overrideWeights, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';
import {childLayers} from './inner-layers.js';

/**
 * The weights of a layer or model in the order that tf.js uses while nothing is frozen: trainable ones first, layer by
 * layer, then the rest.
 *
 * tf.js orders by what is trainable at the moment. That puts frozen kernels among the masks, which have the same
 * shapes: `setWeights` of a model with other frozen layers would silently swap the two.
 *
 * @param weights the same weights in any order. Weights that only a user's own layer lists come last, in order of
 *     creation.
 */
export function inFixedOrder(layer: Layer, weights: readonly LayerVariable[]): LayerVariable[] {
  const given = new Set(weights);
  const listed = [...held(layer, '_trainableWeights'), ...held(layer, '_nonTrainableWeights')];
  const made = [...weights].sort((a, b) => a.id - b.id);
  return [...new Set([...listed.filter(weight => given.has(weight)), ...made])];
}

/** Puts `weights`, `getWeights` and `setWeights` of some models in the order of {@link inFixedOrder}. */
export function fixWeightOrder(isFixed: (model: Model) => boolean): void {
  overrideWeights((model, weights) => (isFixed(model) ? inFixedOrder(model, weights) : weights));
}

/** The private lists of a layer and of those inside it, which do not change when layers are frozen. */
function held(layer: Layer, list: '_trainableWeights' | '_nonTrainableWeights'): LayerVariable[] {
  return [...childLayers(layer).flatMap(child => held(child, list)), ...(fieldsOf(layer)[list] as LayerVariable[])];
}
