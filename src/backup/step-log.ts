import * as tf from '@tensorflow/tfjs-core';

/** The loss and the metrics of each batch of an epoch, so that a resumed epoch ends with the same means. */
export class StepLog {
  #rows: number[][] = [];
  /** Not read yet: reading at every batch would stall a GPU. */
  #unread: tf.Tensor[][] = [];

  /** Restores earlier notes, one row per batch. */
  async restore(rows: tf.Tensor): Promise<void> {
    this.clear();
    this.#rows = (await rows.array()) as number[][];
  }

  /** Notes the results of a step; the scalars stay the caller's. */
  note(outs: readonly tf.Tensor[]): void {
    this.#unread.push(outs.map(out => tf.keep(tf.clone(out))));
  }

  /** The results of a batch, again. */
  replay(batch: number): tf.Tensor[] {
    return this.#rows[batch]!.map(value => tf.scalar(value));
  }

  /** All notes, one row per batch; the tensor belongs to the caller. */
  async read(): Promise<tf.Tensor> {
    const rows = await Promise.all(
      this.#unread.map(outs => Promise.all(outs.map(async out => (await out.data())[0]!))),
    );
    this.#dispose();
    this.#rows.push(...rows);
    return tf.tensor(this.#rows.flat(), [this.#rows.length, this.#rows[0]?.length ?? 0]);
  }

  /** Starts a new epoch. */
  clear(): void {
    this.#dispose();
    this.#rows = [];
  }

  #dispose(): void {
    tf.dispose(this.#unread.flat());
    this.#unread = [];
  }
}
