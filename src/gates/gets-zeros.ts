import * as tf from '@tensorflow/tfjs-core';
import {cardOf} from '../layers/cards/card-of.js';
import {channelCardOf} from '../layers/cards/channel-card-of.js';
import {layersWithin} from '../layers/inner-layers.js';
import {fieldsOf, valuesNow, type Layer} from '../tfjs-internals.js';

/** Whether a channel is certain to be 0 where a layer takes it in if all that makes it is 0. */
export function getsZeros(layer: Layer): boolean {
  return [...layersBefore(layer)].every(before => [before, ...layersWithin(before)].every(keepsZeros));
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
  readonly gamma?: unknown;
  readonly offset?: number;
}

function keepsZeros(layer: Layer): boolean {
  const {activation, gamma, offset = 0} = fieldsOf(layer) as Fields;
  if (channelCardOf(layer).isDeclared || offset !== 0 || (cardOf(layer).isBatchNorm && !gamma)) return false;
  return !activation?.apply || valuesNow(() => activation.apply!(tf.zeros([1, 1])))[0] === 0;
}
