import * as tf from '@tensorflow/tfjs-core';

/** Sums of tensors, by name: noted on the backend batch by batch, and added up off it in double precision. */
export class DoubleSums<Name extends string> {
  readonly #sums = new Map<Name, Float64Array>();
  #pending: Partial<Record<Name, tf.Tensor>>[] = [];

  /** Notes what to add, in a tidy. */
  note(values: Partial<Record<Name, tf.Tensor>>): void {
    this.#pending.push(values);
    Object.values<tf.Tensor>(values as Record<string, tf.Tensor>).forEach(tf.keep);
  }

  /** Downloads what was noted and adds it to the sums. */
  async add(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    try {
      for (const noted of pending) {
        for (const [name, tensor] of Object.entries(noted) as [Name, tf.Tensor][]) {
          this.#addTo(name, await tensor.data<'float32'>());
        }
      }
    } finally {
      tf.dispose(pending);
    }
  }

  /** A sum so far; empty if nothing was added. */
  of(name: Name): Float64Array {
    return this.#sums.get(name) ?? new Float64Array();
  }

  dispose(): void {
    tf.dispose(this.#pending);
  }

  #addTo(name: Name, values: Float32Array): void {
    const sum = this.#sums.get(name);
    if (!sum) this.#sums.set(name, Float64Array.from(values));
    else for (let i = 0; i < values.length; i++) sum[i]! += values[i]!;
  }
}
