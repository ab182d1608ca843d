import {expectSupported} from './expect-supported.js';
import type {SerializedLayer} from '../source/model-source.js';
import type {Lowerings} from './layer-to-lower.js';
import {RARE_ACTIVATION_LAYERS} from './rare-activations.js';
import {RARE_CHANNEL_LAYERS} from './rare-channels.js';
import {RARE_KERNEL_LAYERS} from './rare-kernels.js';
import {RARE_MERGE_LAYERS} from './rare-merges.js';
import {RARE_POOL_LAYERS} from './rare-pools.js';
import {RARE_SHAPE_LAYERS} from './rare-shapes.js';
import {RECURRENT_LAYERS} from './recurrent.js';
import {TIME_LAYERS} from './time-distributed.js';

const RARE: Lowerings = {
  ...RARE_ACTIVATION_LAYERS,
  ...RARE_CHANNEL_LAYERS,
  ...RARE_KERNEL_LAYERS,
  ...RARE_MERGE_LAYERS,
  ...RARE_POOL_LAYERS,
  ...RARE_SHAPE_LAYERS,
  ...RECURRENT_LAYERS,
  ...TIME_LAYERS,
};

/** The usual lowerings and all others. @throws TypeError if there are layers that they don't know. */
export function allLowerings(usual: Lowerings, layers: readonly SerializedLayer[]): Lowerings {
  const all = {...usual, ...RARE};
  expectSupported(layers, all);
  return all;
}
