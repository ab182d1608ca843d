import * as tf from '@tensorflow/tfjs-core';
import {assign, type LayerVariable} from '../tfjs-internals.js';

/**
 * Remembers the values of variables as the same tensor data, so that masks and kernels checked before are recognized.
 *
 * @returns a function that restores them; call it once.
 */
export function remember(variables: readonly LayerVariable[]): () => void {
  const values = variables.map(variable => tf.clone(variable.read())); // clones share their data
  return () => {
    variables.forEach((variable, i) => assign(variable, values[i]!));
    tf.dispose(values);
  };
}

/**
 * Runs an action that changes variables, in a tidy, and then restores them, even if it throws.
 *
 * @example
 * const loss = unchanged(model.weights, () => lossAfterOneStep());
 */
export function unchanged<T extends tf.TensorContainer>(variables: readonly LayerVariable[], action: () => T): T {
  return tf.tidy(() => {
    const putBack = remember(variables);
    try {
      return action();
    } finally {
      putBack();
    }
  });
}
