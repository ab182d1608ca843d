import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from './masked-weight.js';

/** A weight as a backward pass saw it. */
interface Seen {
  /** The kernel that the pass computes with. */
  readonly kernel: tf.Tensor;
  gradient: tf.Tensor;
}

/**
 * The gradients of some weights in one backward pass. A gradient may come in parts, one per time step of a recurrent
 * kernel or one per use of a shared layer; the parts are summed.
 */
export class BackwardPass {
  readonly #seen = new Map<MaskedWeight, Seen>();

  /** Collects the gradient of a weight until the returned function is called. */
  watch(weight: MaskedWeight): () => void {
    return weight.tap(part => this.add(weight, part));
  }

  /** Adds a part of the gradient of a weight. */
  add(weight: MaskedWeight, part: tf.Tensor): void {
    const seen = this.#seen.get(weight);
    if (!seen) {
      // Clones share their data. The optimizer assigns the variable a new tensor, so the clone keeps the old value.
      this.#seen.set(weight, {kernel: tf.keep(tf.clone(weight.kernel.read())), gradient: tf.keep(tf.clone(part))});
      return;
    }
    const sum = tf.keep(tf.add(seen.gradient, part));
    seen.gradient.dispose();
    seen.gradient = sum;
  }

  /** The weights that got a gradient. */
  get weights(): MaskedWeight[] {
    return [...this.#seen.keys()];
  }

  /** The kernel and the gradient of a weight; undefined if the pass did not reach it. They live until {@link clear}. */
  of(weight: MaskedWeight): Readonly<Seen> | undefined {
    return this.#seen.get(weight);
  }

  /** Returns the gradients, as tensors of the enclosing tidy, and clears the pass. */
  takeGradients(): Map<MaskedWeight, tf.Tensor> {
    const gradients = [...this.#seen].map(([weight, {gradient}]) => [weight, tf.clone(gradient)] as const);
    this.clear();
    return new Map(gradients);
  }

  clear(): void {
    for (const {kernel, gradient} of this.#seen.values()) tf.dispose([kernel, gradient]);
    this.#seen.clear();
  }
}
