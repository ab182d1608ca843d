import * as tf from '@tensorflow/tfjs-core';
import {channelCardOf} from '../layers/cards/channel-card-of.js';
import {passCardOf} from '../layers/cards/pass-card-of.js';
import {layersWithin} from '../layers/inner-layers.js';
import {fieldsOf, valuesNow, type Layer, type LayerVariable} from '../tfjs-internals.js';

/**
 * Whether a channel is certain to be 0 where a layer takes it in if all that makes it is 0.
 *
 * @param gated the variables with gates, by their `id`.
 */
export function getsZeros(layer: Layer, gated: ReadonlySet<number>): boolean {
  return [...layersBefore(layer)].every(before => {
    return [before, ...layersWithin(before)].every(one => keepsZeros(one, gated));
  });
}

function layersBefore(layer: Layer): Set<Layer> {
  const found = new Set([layer]);
  for (const one of found) {
    for (const {inboundLayers} of one.inboundNodes) inboundLayers.forEach(before => found.add(before));
  }
  found.delete(layer);
  return found;
}

/** What layers have in their fields that may make something else of a 0. */
interface Fields {
  readonly activation?: {readonly apply?: (x: tf.Tensor) => tf.Tensor} | null;
  readonly movingMean?: LayerVariable;
  readonly gamma?: LayerVariable | null;
  readonly beta?: LayerVariable | null;
  readonly offset?: number;
}

function keepsZeros(layer: Layer, gated: ReadonlySet<number>): boolean {
  const {activation, movingMean, gamma, beta, offset = 0} = fieldsOf(layer) as Fields;
  const shift = movingMean ? (gamma ?? movingMean) : undefined; // without a scale, it shifts by its mean
  const areGated = [shift, beta].every(vector => !vector || gated.has(vector.id));
  if (!areGated || offset !== 0 || channelCardOf(layer).isDeclared || passCardOf(layer).movesZeros) return false;
  return !activation?.apply || valuesNow(() => activation.apply!(tf.zeros([1, 1])))[0] === 0;
}
