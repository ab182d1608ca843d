import * as tf from '@tensorflow/tfjs-core';
import {serialized} from '../../layers/layer-config.js';
import {modelLayers} from '../../layers/model-layers.js';
import {holdsPrunableLayer} from '../../layers/prunable-layer.js';
import {prunable} from '../../layers/prunable.js';
import {weightOwners} from '../../layers/prunable-weights.js';
import {copyWeights, rebuild} from '../../layers/rebuild.js';
import {reconstruct, type ReconstructArgs} from '../../recovery/reconstruct.js';
import {disposeWholly, type Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../channel-plan.js';
import {maskChannels} from '../mask-channels.js';

/** Options of {@link reconstruct} for `shrink`: the teacher is the model itself, and masks come from the plan. */
export type ReconstructionArgs = Omit<ReconstructArgs, 'teacher' | 'by' | 'sparsity' | 'structure' | 'allocation'>;

/** A copy of a model, not compiled, whose other weights make up for the channels of a plan: these are still there. */
export async function fittedToPlan<M extends Model>(
  model: M,
  plan: Pick<ChannelPlan, 'remove'>,
  args: ReconstructionArgs,
): Promise<M> {
  const masked = wholeWrapped(model);
  try {
    await maskChannels(masked, plan);
    await reconstruct(masked, {...args, teacher: model});
    const fitted = rebuild(model, serialized);
    tf.tidy(() => copyWeights(masked, fitted));
    return fitted;
  } finally {
    disposeWholly(masked);
  }
}

/** A copy with all layers wrapped that can be. */
function wholeWrapped<M extends Model>(model: M): M {
  const isPlain = modelLayers(model).some(({layer}) => weightOwners(layer).length > 0 && !holdsPrunableLayer(layer));
  return isPlain ? prunable(model) : rebuild(model, serialized);
}
