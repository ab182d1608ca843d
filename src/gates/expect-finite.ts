import * as tf from '@tensorflow/tfjs-core';
import {valuesLater} from '../tfjs-internals.js';
import type {LayerWithGates} from './gated-layers.js';

/**
 * Expects weights and gates that are finite: of NaN gates would make masks all the same, since it is clipped to 0.
 *
 * @throws Error that names the first weight that is not finite, or whose gates are not.
 */
export async function expectFinite(layers: readonly LayerWithGates[]): Promise<void> {
  const weights = layers.flatMap(layer => [
    ...layer.maskedWeights.map(({name, kernel}) => ({name, variable: kernel})),
    ...layer.weightGates.flatMap(({weight: {name}, auxiliary}) => auxiliary.map(({variable}) => ({name, variable}))),
  ]);
  const sums = await valuesLater(() => tf.stack(weights.map(({variable}) => tf.sum(tf.mul(variable.read(), 0)))));
  const broken = weights.find((_, i) => sums[i] !== 0);
  if (broken) throw diverged(broken.name);
}

/** The error for weights or gates that are not finite. */
export function diverged(name: string): Error {
  return new Error(
    `Expected finite weights and gates of "${name}", got NaN or infinity: the training has diverged; lower the ` +
      'learning rate, or look for NaN in the data',
  );
}
