import * as tf from '@tensorflow/tfjs-core';
import type {LossFunction, Model} from '../../tfjs-internals.js';

/**
 * Lets the loss of the labels count by a share, only while a pass runs: `evaluate` and recompiling always see the loss
 * itself. With a share of 0 the labels are not looked at, so they may be NaN.
 */
export class LabelShare {
  readonly #model: Model;
  readonly #share: number;
  readonly #isRunning: () => boolean;
  #plain: Model['lossFunctions'] | undefined;

  /** @param model the model that `fit` trains. */
  constructor(model: Model, share: number, isRunning: () => boolean) {
    this.#model = model;
    this.#share = share;
    this.#isRunning = isRunning;
  }

  /** Puts the shares in place of the losses. */
  begin(): void {
    this.end();
    this.#plain = this.#model.lossFunctions;
    this.#model.lossFunctions = this.#plain.map(loss => this.#shareOf(loss));
  }

  /** Puts the losses back. */
  end(): void {
    if (this.#plain) this.#model.lossFunctions = this.#plain;
    this.#plain = undefined;
  }

  #shareOf(loss: LossFunction): LossFunction {
    return (labels, outputs) => {
      if (!this.#isRunning()) return loss(labels, outputs);
      return this.#share === 0 ? tf.zeros(outputs.shape.slice(0, 1)) : tf.mul(this.#share, loss(labels, outputs));
    };
  }
}
