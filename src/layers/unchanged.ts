import * as tf from '@tensorflow/tfjs-core';
import {assign, type LayerVariable} from '../tfjs-internals.js';

/**
 * Remembers the very values of variables, not only equal ones, so that masks and kernels are known again.
 *
 * @returns what puts them back, to be called once.
 */
export function remember(variables: readonly LayerVariable[]): () => void {
  const values = variables.map(variable => tf.clone(variable.read())); // clones share their data
  return () => {
    variables.forEach((variable, i) => assign(variable, values[i]!));
    tf.dispose(values);
  };
}

/**
 * Does something in a tidy that changes variables, and puts them back: also where it fails.
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
