import * as tf from '@tensorflow/tfjs';

/**
 * Ends a training when it has taken so many seconds of the processor, which a busy machine does not change, and lets
 * the learning rate fall to 0 by then, by half a cosine.
 */
export class UntilSpent extends tf.Callback {
  /** Batches so far. */
  steps = 0;
  readonly #seconds: number;
  readonly #rate: number;
  #start = process.cpuUsage();

  constructor({seconds, rate}: {seconds: number; rate: number}) {
    super();
    this.#seconds = seconds;
    this.#rate = rate;
  }

  override onTrainBegin(): Promise<void> {
    this.#start = process.cpuUsage();
    return Promise.resolve();
  }

  override onBatchEnd(): Promise<void> {
    this.steps++;
    const {user, system} = process.cpuUsage(this.#start);
    const spent = Math.min(1, (user + system) / 1e6 / this.#seconds);
    const {model} = this as unknown as {model: tf.LayersModel};
    (model.optimizer as unknown as {learningRate: number}).learningRate =
      (this.#rate * (1 + Math.cos(Math.PI * spent))) / 2;
    model.stopTraining = spent === 1;
    return Promise.resolve();
  }
}
