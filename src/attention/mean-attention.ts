import * as tf from '@tensorflow/tfjs-core';

/** The mean attention to each channel over all examples that were seen, and over all uses of the layer. */
export class MeanAttention {
  #mean: tf.Tensor | undefined;
  #count = 0;

  /** Adds the attention of examples, [batch, C]. The plain average, without a sum that loses digits. */
  add(attention: tf.Tensor): void {
    const [batch] = attention.shape as [number];
    this.#count += batch;
    const before = this.#mean;
    this.#mean = tf.tidy(() => {
      const mean = tf.mean(attention, 0);
      return tf.keep(before ? tf.add(before, tf.mul(tf.sub(mean, before), batch / this.#count)) : mean);
    });
    before?.dispose();
  }

  /** The mean, [C]; undefined if nothing was seen. It lives as long as this. */
  get mean(): tf.Tensor | undefined {
    return this.#mean;
  }

  dispose(): void {
    this.#mean?.dispose();
  }
}
