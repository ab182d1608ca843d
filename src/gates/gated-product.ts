import * as tf from '@tensorflow/tfjs-core';
import type {GatedTensor} from './gated-tensor.js';
import {untaped} from './untaped.js';

/**
 * What a layer computes with in place of a tensor with gated slices. Slices that take a closed group in are gone with
 * it, whatever its activation makes of zeros. Before a batch normalization, which carries the gates, a kernel is whole
 * in training: its statistics are to be those of the open groups.
 */
export function gatedProduct(tensor: GatedTensor, value: tf.Tensor, training: boolean): tf.Tensor {
  const {role, multiplies} = tensor.config;
  if (multiplies) {
    return tf.mul(
      value,
      tensor.spread(gate => gate.values(training)),
    );
  }
  if (training && role !== 'takes') return value;
  const isOpen = untaped(() => tensor.spread(gate => tf.cast(tf.notEqual(gate.values(training), 0), 'float32')));
  return tf.mul(value, isOpen);
}
