import type {UnitVectors} from '../structures/structure.js';
import {fromStart} from '../math/from-start.js';
import {cardOf} from './cards/card-of.js';
import {isChannelsFirst} from './cards/channel-axis.js';
import {fieldsOf, type Layer, type LayerVariable, type Model} from '../tfjs-internals.js';
import type {MaskedWeight} from './masked-weight.js';
import {prunableLayers} from './model-layers.js';
import {layersWithin} from './inner-layers.js';

/** The vectors of each masked weight whose outputs are outputs of its layer. */
export function unitVectors(model: Model): Map<MaskedWeight, UnitVectors> {
  const found = new Map<MaskedWeight, UnitVectors>();
  for (const {layer} of prunableLayers(model)) {
    const {scale, shift} = batchNormBehind(layer);
    for (const weight of layer.maskedWeights) {
      if (!weight.outputs) continue;
      const all = [weight.outputs.bias, scale, shift].filter(vector => vector !== undefined);
      found.set(weight, {scale, shift, all});
    }
  }
  return found;
}

/**
 * The scale and shift of a batch normalization that follows this layer alone, as its only consumer. Over another axis
 * than the last, tf.js multiplies the wrong channels by them.
 */
function batchNormBehind(layer: Layer): {scale?: LayerVariable | undefined; shift?: LayerVariable | undefined} {
  const [node] = layer.outboundNodes;
  if (!node || layer.inboundNodes.length !== 1 || layer.outboundNodes.length !== 1) return {};
  const behind = node.outboundLayer;
  if (!cardOf(behind).isBatchNorm || behind.inboundNodes.length !== 1) return {};
  const {gamma, beta, axis} = fieldsOf(behind) as {
    gamma: LayerVariable | null;
    beta: LayerVariable | null;
    axis: number;
  };
  const rank = (layer.outputShape as unknown[]).length;
  const channels = [layer, ...layersWithin(layer)].some(isChannelsFirst) ? 1 : rank - 1;
  if (fromStart(axis, rank) !== channels || channels !== rank - 1) return {};
  return {scale: gamma ?? undefined, shift: beta ?? undefined};
}
