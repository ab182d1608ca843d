import {expectKnown, expectStripped} from './expect-known.js';
import type {SerializedLayer} from '../source/model-source.js';
import type {Lowering, Lowerings} from './layer-to-lower.js';
import {MASK_LAYERS} from './masking.js';
import {passMask} from './masks.js';
import {RARE_ACTIVATION_LAYERS} from './rare-activations.js';
import {RARE_CHANNEL_LAYERS} from './rare-channels.js';
import {RARE_KERNEL_LAYERS} from './rare-kernels.js';
import {RARE_MERGE_LAYERS} from './rare-merges.js';
import {RARE_NORMALIZATION_LAYERS} from './rare-normalizations.js';
import {RARE_POOL_LAYERS} from './rare-pools.js';
import {RARE_SHAPE_LAYERS} from './rare-shapes.js';
import {RECURRENT_LAYERS} from './recurrent.js';
import {TIME_LAYERS} from './time-distributed.js';

const RARE: Lowerings = {
  ...MASK_LAYERS,
  ...RARE_ACTIVATION_LAYERS,
  ...RARE_CHANNEL_LAYERS,
  ...RARE_KERNEL_LAYERS,
  ...RARE_MERGE_LAYERS,
  ...RARE_NORMALIZATION_LAYERS,
  ...RARE_POOL_LAYERS,
  ...RARE_SHAPE_LAYERS,
  ...RECURRENT_LAYERS,
  ...TIME_LAYERS,
};

/**
 * The usual lowerings and all others, with masks, which are rare, too.
 *
 * @throws UnsupportedError if there are layers that they do not know, unless these may be; TypeError if one is wrapped.
 */
export function allLowerings(usual: Lowerings, layers: readonly SerializedLayer[], mayHaveOthers: boolean): Lowerings {
  const all = {...usual, ...RARE};
  expectStripped(layers);
  if (!mayHaveOthers) expectKnown(layers, all);
  return Object.fromEntries(Object.entries(all).map(([className, lower]) => [className, withMasks(lower)]));
}

function withMasks(lower: Lowering): Lowering {
  return (layer, inputs, graph) => {
    const outputs = [lower(layer, inputs, graph)].flat();
    passMask(graph, layer.className, inputs, outputs[0]!);
    return outputs;
  };
}
