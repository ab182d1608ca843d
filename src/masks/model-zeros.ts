import * as tf from '@tensorflow/tfjs-core';
import {modelLayers} from '../layers/model-layers.js';
import {kernelsOf} from '../layers/prunable-weights.js';
import type {LayerVariable, Model} from '../tfjs-internals.js';
import {total, type ZeroCount} from './zero-count.js';
import {sizeOf} from '../math/size-of.js';

/**
 * Counts the zeros among all prunable weights that a model computes with, whether its layers are wrapped or frozen or
 * not.
 */
export async function countModelZeros(model: Model): Promise<ZeroCount> {
  const kernels = modelLayers(model).flatMap(({layer}) => kernelsOf(layer));
  return total(await Promise.all([...new Set(kernels)].map(countZeros)));
}

/** Counts on the backend, so that only a number is downloaded. */
async function countZeros(kernel: LayerVariable): Promise<ZeroCount> {
  const sum = tf.tidy(() => tf.sum(tf.equal(kernel.read(), 0)));
  const [zeros] = await sum.data();
  sum.dispose();
  return {weights: sizeOf(kernel.shape), zeros: zeros!};
}
