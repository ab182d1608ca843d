import * as tf from '@tensorflow/tfjs-core';
import {currentTape} from '../tfjs-internals.js';

/**
 * A tensor that is computed once in each pass with gradients, however often the pass asks for it: gates of channels are
 * needed by every layer that makes or takes them. It is kept until `forget`, or until another pass asks.
 */
export class OnceAPass {
  readonly #compute: () => tf.Tensor;
  #tape: object | undefined;
  /** Stands for a tape while there is none. */
  #pass: object | undefined;
  #tensor: tf.Tensor | undefined;

  constructor(compute: () => tf.Tensor) {
    this.#compute = compute;
  }

  /** The tensor, which callers must not dispose; outside of a pass it is computed anew. */
  read(): tf.Tensor {
    const tape = currentTape() ?? this.#pass;
    if (!tape) return this.#compute();
    if (tape !== this.#tape) {
      this.forget();
      this.#tensor = tf.keep(tf.tidy(this.#compute));
      this.#tape = tape;
    }
    return this.#tensor!;
  }

  /** What `compute` returns, outside of gradients: a pass of its own. */
  during<T>(compute: () => T): T {
    this.#pass = {};
    try {
      return compute();
    } finally {
      this.#pass = undefined;
      this.forget();
    }
  }

  forget(): void {
    this.#tensor?.dispose();
    this.#tensor = this.#tape = undefined;
  }
}
