import * as tf from '@tensorflow/tfjs-core';
import {remember} from '../layers/unchanged.js';
import {assign, type LayerVariable} from '../tfjs-internals.js';

/** Other values of some variables, which are in place only while an action runs. */
export class OtherValues {
  readonly #variables: readonly LayerVariable[];
  readonly #values: readonly tf.Tensor[];

  /** @param write gives the variables their other values, and may throw. */
  constructor(variables: readonly LayerVariable[], write: () => void) {
    this.#variables = variables;
    const putBack = remember(variables);
    try {
      write();
      this.#values = variables.map(variable => tf.keep(tf.clone(variable.read())));
    } finally {
      putBack();
    }
  }

  /** Runs an action with these values, then restores the original tensors, not just equal ones. */
  during<T>(action: () => T): T {
    const putBack = remember(this.#variables);
    try {
      this.#variables.forEach((variable, i) => assign(variable, this.#values[i]!));
      return action();
    } finally {
      putBack();
    }
  }

  dispose(): void {
    tf.dispose([...this.#values]);
  }
}
