import {ACTIVATION_LAYERS} from './activations.js';
import {CHANNEL_LAYERS} from './channels.js';
import {KERNEL_LAYERS} from './kernels.js';
import type {Lowering} from './layer-to-lower.js';
import {MASK_LAYERS} from './masks.js';
import {MERGE_LAYERS} from './merges.js';
import {POOL_LAYERS} from './pools.js';
import {RECURRENT_LAYERS} from './recurrent.js';
import {SHAPE_LAYERS} from './shapes.js';
import {TIME_LAYERS} from './time-distributed.js';

/** What the runtime computes, by the class of the layer. */
export const LOWERINGS: Readonly<Record<string, Lowering>> = {
  ...ACTIVATION_LAYERS,
  ...CHANNEL_LAYERS,
  ...KERNEL_LAYERS,
  ...MASK_LAYERS,
  ...MERGE_LAYERS,
  ...POOL_LAYERS,
  ...RECURRENT_LAYERS,
  ...SHAPE_LAYERS,
  ...TIME_LAYERS,
};
