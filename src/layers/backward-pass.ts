import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from './masked-weight.js';

/** What a backward pass has shown of a weight. */
interface Seen {
  /** The kernel that the pass computes with. */
  readonly kernel: tf.Tensor;
  gradient: tf.Tensor;
}

/**
 * A backward pass, as far as some weights see it. The gradient of a weight may come in parts, of a recurrent kernel one
 * at each time step, of a shared layer one at each use: they are added up.
 */
export class BackwardPass {
  readonly #seen = new Map<MaskedWeight, Seen>();

  /** Looks at a weight, until the returned function is called. */
  watch(weight: MaskedWeight): () => void {
    return weight.tap(part => this.add(weight, part));
  }

  /** Adds a part of the gradient of a weight. */
  add(weight: MaskedWeight, part: tf.Tensor): void {
    const seen = this.#seen.get(weight);
    if (!seen) {
      // Clones share their data: the optimizer gives the variable another value, and leaves this one be.
      this.#seen.set(weight, {kernel: tf.keep(tf.clone(weight.kernel.read())), gradient: tf.keep(tf.clone(part))});
      return;
    }
    const sum = tf.keep(tf.add(seen.gradient, part));
    seen.gradient.dispose();
    seen.gradient = sum;
  }

  /** The weights that have got a gradient. */
  get weights(): MaskedWeight[] {
    return [...this.#seen.keys()];
  }

  /** The kernel and the gradient of a weight; undefined if the pass did not reach it. They live until {@link clear}. */
  of(weight: MaskedWeight): Readonly<Seen> | undefined {
    return this.#seen.get(weight);
  }

  /** The gradients; begins anew. They belong to the tidy around. */
  takeGradients(): Map<MaskedWeight, tf.Tensor> {
    const gradients = [...this.#seen].map(([weight, {gradient}]) => [weight, tf.clone(gradient)] as const);
    this.clear();
    return new Map(gradients);
  }

  /** Forgets what it has seen. */
  clear(): void {
    for (const {kernel, gradient} of this.#seen.values()) tf.dispose([kernel, gradient]);
    this.#seen.clear();
  }
}
