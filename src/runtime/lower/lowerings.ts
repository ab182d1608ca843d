import {layersOf, type SerializedLayer} from '../source/model-source.js';
import {ACTIVATION_LAYERS} from './activations.js';
import {CHANNEL_LAYERS} from './channels.js';
import {KERNEL_LAYERS} from './kernels.js';
import type {Lowerings} from './layer-to-lower.js';
import {MERGE_LAYERS} from './merges.js';
import {POOL_LAYERS} from './pools.js';
import {SHAPE_LAYERS} from './shapes.js';

/** The layers that most models are made of. */
const USUAL: Lowerings = {
  InputLayer: (_, [x]) => x!,
  ...ACTIVATION_LAYERS,
  ...CHANNEL_LAYERS,
  ...KERNEL_LAYERS,
  ...MERGE_LAYERS,
  ...POOL_LAYERS,
  ...SHAPE_LAYERS,
};

/**
 * The lowerings of the layers of a model. Pages load rare ones when a model has them.
 *
 * @throws UnsupportedError if it has others, unless these may be; TypeError if it is wrapped.
 */
export async function loweringsOf(model: SerializedLayer, mayHaveOthers: boolean): Promise<Lowerings> {
  const layers = innerLayers(model);
  if (layers.every(({className}) => className in USUAL)) return USUAL;
  return (await import('./rare-lowerings.js')).allLowerings(USUAL, layers, mayHaveOthers);
}

/** The layers of a model and of those in it. */
function innerLayers(model: SerializedLayer): readonly SerializedLayer[] {
  return layersOf(model)!.flatMap(layer => (layersOf(layer) ? innerLayers(layer) : [layer]));
}
