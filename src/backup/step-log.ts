import * as tf from '@tensorflow/tfjs-core';

/**
 * The loss and the metrics of each batch of an epoch, so that one that is resumed ends with the means that it would
 * have had.
 */
export class StepLog {
  #rows: number[][] = [];
  /** Not read yet: reading at every batch would let a GPU wait. */
  #unread: tf.Tensor[][] = [];

  /** Takes over what was noted before, a row a batch. */
  async restore(rows: tf.Tensor): Promise<void> {
    this.clear();
    this.#rows = (await rows.array()) as number[][];
  }

  /** Notes what a step has returned; the scalars stay the caller's. */
  note(outs: readonly tf.Tensor[]): void {
    this.#unread.push(outs.map(out => tf.keep(tf.clone(out))));
  }

  /** What the step of a batch has returned, once more. */
  replay(batch: number): tf.Tensor[] {
    return this.#rows[batch]!.map(value => tf.scalar(value));
  }

  /** All that was noted, a row a batch; it belongs to the caller. */
  async read(): Promise<tf.Tensor> {
    const rows = await Promise.all(
      this.#unread.map(outs => Promise.all(outs.map(async out => (await out.data())[0]!))),
    );
    this.#dispose();
    this.#rows.push(...rows);
    return tf.tensor(this.#rows.flat(), [this.#rows.length, this.#rows[0]?.length ?? 0]);
  }

  /** Starts another epoch. */
  clear(): void {
    this.#dispose();
    this.#rows = [];
  }

  #dispose(): void {
    tf.dispose(this.#unread.flat());
    this.#unread = [];
  }
}
