import {fieldsOf, overrideWeights, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';
import {childLayers} from './prunable-weights.js';

/**
 * The weights of a layer or model in the order that tf.js gives them while nothing is frozen: first what can be
 * trained, layer by layer, then the rest.
 *
 * tf.js goes by what is trained at the time. Frozen kernels then come to stand among the masks, which have their
 * shapes: `setWeights` of a model that is frozen otherwise would put the one into the other and say nothing.
 *
 * @param weights the same weights in any order. What a user's own layer tells only there comes last, in the order it
 *     was made.
 */
export function inFixedOrder(layer: Layer, weights: readonly LayerVariable[]): LayerVariable[] {
  const given = new Set(weights);
  const listed = [...held(layer, '_trainableWeights'), ...held(layer, '_nonTrainableWeights')];
  const made = [...weights].sort((a, b) => a.id - b.id);
  return [...new Set([...listed.filter(weight => given.has(weight)), ...made])];
}

/** Lets `weights`, `getWeights` and `setWeights` of some models go by {@link inFixedOrder}. */
export function fixWeightOrder(isFixed: (model: Model) => boolean): void {
  overrideWeights((model, weights) => (isFixed(model) ? inFixedOrder(model, weights) : weights));
}

/** What a layer and those inside it hold in a private list, which freezing leaves alone. */
function held(layer: Layer, list: '_trainableWeights' | '_nonTrainableWeights'): LayerVariable[] {
  return [...childLayers(layer).flatMap(child => held(child, list)), ...(fieldsOf(layer)[list] as LayerVariable[])];
}
