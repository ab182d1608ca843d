import * as tf from '@tensorflow/tfjs-core';
import {interceptCalls} from '../../passes/intercept-calls.js';
import type {Layer} from '../../tfjs-internals.js';

/** A tensor that flows through a model: one of the inputs or of the outputs of a layer that is used once. */
export interface Tap {
  readonly layer: Layer;
  readonly side: 'inputs' | 'outputs';
  readonly index: number;
}

/**
 * Shows the tapped tensors of each call, in the order of the calls, until the returned function is called. The tensors
 * belong to the layer.
 */
export function watchTaps(
  taps: readonly Tap[],
  seen: (tap: Tap, tensor: tf.Tensor, training: boolean) => void,
): () => void {
  const stops = [...new Set(taps.map(({layer}) => layer))].map(layer => {
    const own = taps.filter(tap => tap.layer === layer);
    return interceptCalls(layer, (_input, callAsItIs, {inputs, training}) => {
      const show = (side: Tap['side'], tensors: readonly tf.Tensor[]) =>
        own.filter(tap => tap.side === side).forEach(tap => seen(tap, tensors[tap.index]!, training));
      show('inputs', inputs);
      const result = callAsItIs();
      show('outputs', [result].flat());
      return result;
    });
  });
  return () => stops.reverse().forEach(stop => stop());
}

/** A tensor of the same values and gradients that outlives the call, until it is disposed. */
export function keptClone(tensor: tf.Tensor): tf.Tensor {
  return tf.keep(tf.clone(tensor));
}
