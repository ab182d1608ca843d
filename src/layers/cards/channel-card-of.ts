import type {Layer} from '../../tfjs-internals.js';
import {ACTIVATION_CHANNELS} from './activations.js';
import type {ChannelCard} from './channel-card.js';
import {CardRegistry} from './card-registry.js';
import {DEPTHWISE_CHANNELS} from './depthwise.js';
import {INPUT_CHANNELS} from './inputs.js';
import {KERNEL_CHANNELS} from './kernels.js';
import {MERGE_CHANNELS} from './merges.js';
import {NOISE_CHANNELS} from './noise.js';
import {NORMALIZATION_CHANNELS} from './normalizations.js';
import {RECURRENT_CHANNELS} from './recurrent.js';
import {SEQUENCE_CHANNELS} from './sequences.js';
import {SHAPE_CHANNELS} from './shapes.js';
import {WINDOW_CHANNELS} from './windows.js';

/** All channel cards. */
export const CHANNEL_CARDS = new CardRegistry<ChannelCard>(
  INPUT_CHANNELS,
  KERNEL_CHANNELS,
  DEPTHWISE_CHANNELS,
  RECURRENT_CHANNELS,
  SEQUENCE_CHANNELS,
  ACTIVATION_CHANNELS,
  NORMALIZATION_CHANNELS,
  NOISE_CHANNELS,
  WINDOW_CHANNELS,
  MERGE_CHANNELS,
  SHAPE_CHANNELS,
);

/** The channel card of a layer's kind; an empty one if there is none. */
export function channelCardOf(layer: Layer): ChannelCard {
  return CHANNEL_CARDS.of(layer);
}
