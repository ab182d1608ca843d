import type {UnitVectors} from '../structures/structure.js';
import {fieldsOf, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';
import {batchNormBehind} from './batch-norm-behind.js';
import type {MaskedWeight} from './masked-weight.js';
import {prunableLayers} from './model-layers.js';

/** The vectors of each masked weight whose outputs are outputs of its layer. */
export function unitVectors(model: Model): Map<MaskedWeight, UnitVectors> {
  const found = new Map<MaskedWeight, UnitVectors>();
  for (const {layer} of prunableLayers(model)) {
    const {scale, shift} = vectorsBehind(layer);
    for (const weight of layer.maskedWeights) {
      if (!weight.outputs) continue;
      const all = [weight.outputs.bias, scale, shift].filter(vector => vector !== undefined);
      found.set(weight, {scale, shift, all});
    }
  }
  return found;
}

/** The scale and shift of the batch normalization that follows this layer alone. */
function vectorsBehind(layer: Layer): {scale?: LayerVariable | undefined; shift?: LayerVariable | undefined} {
  const behind = batchNormBehind(layer);
  if (!behind) return {};
  const {gamma, beta} = fieldsOf(behind) as {gamma: LayerVariable | null; beta: LayerVariable | null};
  return {scale: gamma ?? undefined, shift: beta ?? undefined};
}
