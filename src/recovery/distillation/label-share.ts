import * as tf from '@tensorflow/tfjs-core';
import {innerModel, type LossFunction, type Model} from '../../tfjs-internals.js';

/**
 * Lets the loss of the labels count by a share, only while a pass runs: `evaluate` and recompiling always see the loss
 * itself. With a share of 0 the labels are not looked at, so they may be NaN.
 */
export class LabelShare {
  readonly #model: Model;
  readonly #share: number;
  readonly #isRunning: () => boolean;
  #putBack: () => void = () => undefined;

  constructor(model: Model, share: number, isRunning: () => boolean) {
    this.#model = model;
    this.#share = share;
    this.#isRunning = isRunning;
  }

  /** Puts the shares in place of the losses. */
  begin(): void {
    this.end();
    const trained = innerModel(this.#model); // a Sequential has another one whenever it is compiled
    const {lossFunctions} = trained;
    trained.lossFunctions = lossFunctions.map(loss => this.#shareOf(loss));
    this.#putBack = () => (trained.lossFunctions = lossFunctions);
  }

  /** Puts the losses back. */
  end(): void {
    this.#putBack();
    this.#putBack = () => undefined;
  }

  #shareOf(loss: LossFunction): LossFunction {
    return (labels, outputs) => {
      if (!this.#isRunning()) return loss(labels, outputs);
      return this.#share === 0 ? tf.zeros(outputs.shape.slice(0, 1)) : tf.mul(this.#share, loss(labels, outputs));
    };
  }
}
