import type {io} from '@tensorflow/tfjs-core';
import type {Model} from '../tfjs-internals.js';
import {withoutMasks} from './load-model.js';
import {usable} from './usable.js';

/**
 * Saves a model, without wrappers.
 *
 * @returns the bytes of its weights in the file.
 */
export async function saveModel(model: Model, handler: io.IOHandler): Promise<number> {
  const {modelArtifactsInfo} = await usable(() => withoutMasks(model).save(handler));
  return modelArtifactsInfo.weightDataBytes!;
}
