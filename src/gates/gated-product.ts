import * as tf from '@tensorflow/tfjs-core';
import {scaledBy} from './pointwise.js';
import type {GatedTensor} from './gated-tensor.js';
import {isNotZero} from './step-function.js';
import {untaped} from './untaped.js';

/**
 * What a layer computes with in place of a tensor with gated slices. A tensor that does not multiply is whole in
 * training: slices that take a closed group in get its zeros there, and a kernel before a batch normalization, which
 * carries the gates, makes the statistics of the open groups. Otherwise what is closed is gone.
 */
export function gatedProduct(tensor: GatedTensor, value: tf.Tensor, training: boolean): tf.Tensor {
  if (tensor.config.multiplies) {
    return scaledBy(
      value,
      tensor.spread(gate => gate.values(training)),
    );
  }
  if (training) return value;
  const isOpen = untaped(() => tensor.spread(gate => isNotZero(gate.values(false))));
  return tf.mul(value, isOpen);
}
