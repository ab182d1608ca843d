import {fromStart} from '../math/from-start.js';
import {fieldsOf, type Layer} from '../tfjs-internals.js';
import {cardOf} from './cards/card-of.js';
import {isChannelsFirst} from './cards/channel-axis.js';
import {layersWithin} from './inner-layers.js';

/**
 * The batch normalization that follows this layer alone, as its only consumer. Over another axis than the last, tf.js
 * multiplies the wrong channels by its scale.
 */
export function batchNormBehind(layer: Layer): Layer | undefined {
  const [node] = layer.outboundNodes;
  if (!node || layer.inboundNodes.length !== 1 || layer.outboundNodes.length !== 1) return undefined;
  const behind = node.outboundLayer;
  if (!cardOf(behind).isBatchNorm || behind.inboundNodes.length !== 1) return undefined;
  const rank = (layer.outputShape as unknown[]).length;
  const channels = [layer, ...layersWithin(layer)].some(isChannelsFirst) ? 1 : rank - 1;
  const axis = fromStart(fieldsOf(behind)['axis'] as number, rank);
  return axis === channels && channels === rank - 1 ? behind : undefined;
}
