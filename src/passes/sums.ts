import * as tf from '@tensorflow/tfjs-core';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {received} from '../options/expect.js';
import {storedTensor, storedTensorNow, tensorOf, type StoredTensor} from './stored-tensor.js';

/**
 * A sum for each of some weights. Sums can rest off the backend, so that no tensor is left there between two calls of
 * `fit`.
 */
export class Sums {
  readonly #sums = new Map<MaskedWeight, tf.Tensor>();
  readonly #stored = new Map<MaskedWeight, StoredTensor>();

  /** The sums of the weights that have one, on the backend. They live until they change. */
  get all(): ReadonlyMap<MaskedWeight, tf.Tensor> {
    for (const [weight, stored] of this.#stored) this.#sums.set(weight, tf.keep(tensorOf(stored)));
    this.#stored.clear();
    return this.#sums;
  }

  /**
   * Adds a value to the sum of a weight; call it in a tidy.
   *
   * @throws TypeError if it is not a tensor; RangeError if it has another shape than before.
   */
  add(weight: MaskedWeight, value: tf.Tensor): void {
    const before = this.all.get(weight);
    expectSummand(weight, value, before);
    this.#sums.set(weight, tf.keep(before ? tf.add(before, value) : tf.clone(value)));
    before?.dispose();
  }

  /** Copies of the sums of some weights; the tensors are the caller's. */
  copies(weights: readonly MaskedWeight[]): (tf.Tensor | undefined)[] {
    return weights.map(weight => {
      const [sum, stored] = [this.#sums.get(weight), this.#stored.get(weight)];
      return sum ? tf.clone(sum) : stored && tensorOf(stored);
    });
  }

  /** Replaces the sum of a weight. */
  set(weight: MaskedWeight, sum: StoredTensor): void {
    this.#sums.get(weight)?.dispose();
    this.#sums.delete(weight);
    this.#stored.set(weight, sum);
  }

  /** Moves all sums off the backend until they are needed again. */
  async rest(): Promise<void> {
    for (const [weight, sum] of [...this.#sums]) this.set(weight, await storedTensor(sum));
  }

  /** The same, synchronously. @throws Error on a backend that can't download synchronously; no sum is lost then. */
  restNow(): void {
    for (const [weight, sum] of [...this.#sums]) this.set(weight, storedTensorNow(sum));
  }

  /** Removes all sums. */
  clear(): void {
    tf.dispose([...this.#sums.values()]);
    this.#sums.clear();
    this.#stored.clear();
  }
}

function expectSummand({name}: MaskedWeight, value: tf.Tensor, before: tf.Tensor | undefined): void {
  if (!((value as unknown) instanceof tf.Tensor)) {
    throw new TypeError(`Expected the criterion to observe a tensor of "${name}", got ${received(value)}`);
  }
  if (!before || tf.util.arraysEqual(before.shape, value.shape)) return;
  throw new RangeError(
    `Expected the criterion to observe tensors of one shape of "${name}", got [${value.shape.join()}] after ` +
      `[${before.shape.join()}]`,
  );
}
