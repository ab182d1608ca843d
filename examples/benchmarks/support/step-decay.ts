import * as tf from '@tensorflow/tfjs';

/** Sets the learning rate at the start of each epoch: the first rate, then the next one from each given epoch on. */
export class StepDecay extends tf.Callback {
  readonly #rates: readonly number[];
  readonly #epochs: readonly number[];

  constructor(rates: readonly number[], epochs: readonly number[]) {
    super();
    this.#rates = rates;
    this.#epochs = epochs;
  }

  override onEpochBegin(epoch: number): Promise<void> {
    const rate = this.#rates[this.#epochs.filter(from => epoch >= from).length]!;
    (this.model.optimizer as tf.SGDOptimizer).setLearningRate(rate);
    return Promise.resolve();
  }
}
