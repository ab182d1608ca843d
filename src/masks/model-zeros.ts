import * as tf from '@tensorflow/tfjs-core';
import {modelLayers} from '../layers/model-layers.js';
import {weightOwners} from '../layers/prunable-weights.js';
import {fieldsOf, type LayerVariable, type Model} from '../tfjs-internals.js';
import {total, type ZeroCount} from './zero-count.js';

/**
 * Counts the zeros among all prunable weights that a model computes with, whether its layers are wrapped or frozen or
 * not.
 */
export async function countModelZeros(model: Model): Promise<ZeroCount> {
  const owners = modelLayers(model).flatMap(({layer}) => weightOwners(layer));
  const kernels = owners.flatMap(({layer, weights}) =>
    weights.map(({field}) => fieldsOf(layer)[field] as LayerVariable),
  );
  return total(await Promise.all([...new Set(kernels)].map(countZeros)));
}

/** Counts on the backend, so that only a number is downloaded. */
async function countZeros(kernel: LayerVariable): Promise<ZeroCount> {
  const sum = tf.tidy(() => tf.sum(tf.equal(kernel.read(), 0)));
  const [zeros] = await sum.data();
  sum.dispose();
  return {weights: tf.util.sizeFromShape(kernel.shape as number[]), zeros: zeros!};
}
