import * as tf from '@tensorflow/tfjs-core';
import {assign, type LayerVariable} from './tfjs-internals.js';

/**
 * Does something that changes variables, and gives them back the very values, not only equal ones, that they had before: also
 * where it fails. What it returns may be tensors; all others are disposed.
 *
 * @example
 * const loss = unchanged(model.weights, () => lossAfterOneStep());
 */
export function unchanged<T extends tf.TensorContainer>(variables: readonly LayerVariable[], action: () => T): T {
  return tf.tidy(() => {
    const values = variables.map(variable => tf.clone(variable.read())); // clones share their data
    try {
      return action();
    } finally {
      variables.forEach((variable, i) => assign(variable, values[i]!));
    }
  });
}
