import * as tf from '@tensorflow/tfjs-core';
import {isChannelsFirst} from '../layers/cards/channel-axis.js';
import {interceptCalls} from '../passes/intercept-calls.js';
import type {AttendedLayer} from './attended-layers.js';
import {attended, type AttentionBlock} from './attention-block.js';

/** A block and the layer that it is for. */
export interface PlacedBlock {
  readonly place: AttendedLayer;
  readonly block: AttentionBlock;
}

/**
 * Runs an action with blocks behind their layers, in every use of these.
 *
 * @param seen is given the attention of each example in each call, [batch, C], in a tidy.
 * @throws RangeError if a layer returns another number of channels than its kernel makes.
 */
export function withBlocks<T>(
  blocks: readonly PlacedBlock[],
  action: () => T,
  seen: (block: PlacedBlock, attention: tf.Tensor) => void = () => undefined,
): T {
  const stops = blocks.map(each => {
    const {place, block} = each;
    return interceptCalls(place.host, (_input, callAsItIs) => {
      const map = [callAsItIs()].flat()[0]!;
      const axis = channelsOf(place, map);
      const attention = block.attention(map, axis);
      seen(each, attention);
      return attended(map, axis, attention);
    });
  });
  try {
    return action();
  } finally {
    stops.forEach(stop => stop());
  }
}

/** The axis of the channels in what a layer returns. A Conv1D of tf.js returns them last, whatever its `dataFormat`. */
function channelsOf({maker, host, names, channels}: AttendedLayer, map: tf.Tensor): number {
  const axis = host === maker && isChannelsFirst(maker) && map.rank > 3 ? 1 : map.rank - 1;
  if (map.shape[axis] === channels) return axis;
  throw new RangeError(
    `Expected what layer "${host.name}" returns to have ${channels} channels, as "${names[0]}" makes, got the shape ` +
      `[${map.shape.join()}]; choose others by \`layers\``,
  );
}
