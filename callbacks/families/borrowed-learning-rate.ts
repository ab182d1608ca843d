import type * as tf from '@tensorflow/tfjs-core';
import {learningRateOf, setLearningRate} from '../../src/optimizers/learning-rate.js';
import {expectNumber} from '../../src/options/expect.js';
import type {CallbackState, Remembering} from '../parts/callback-state.js';

/** Sets the learning rate of an optimizer for a while, and restores it afterwards. */
export class BorrowedLearningRate implements Remembering {
  /** The optimizer's own rate. */
  #own: number | undefined;
  #set: number | undefined;
  #isBorrowed = false;

  /** Sets the rate. */
  set(optimizer: tf.Optimizer, rate: number): void {
    const now = learningRateOf(optimizer);
    this.#own ??= now;
    this.#set = rate;
    this.#isBorrowed = true;
    if (rate !== now) setLearningRate(optimizer, rate);
  }

  /** Restores the optimizer's own rate, unless someone else has set it since. */
  giveBack(optimizer: tf.Optimizer): void {
    if (this.#set === undefined) return;
    if (learningRateOf(optimizer) === this.#set) setLearningRate(optimizer, this.#own!);
    this.#own = this.#set = undefined;
    this.#isBorrowed = false;
  }

  /** Forgets a rate from a restored state; one that is borrowed now must still be given back. */
  reset(): void {
    if (!this.#isBorrowed) this.#own = this.#set = undefined;
  }

  state(): CallbackState {
    return {json: {ownRate: this.#own ?? null, setRate: this.#set ?? null}, tensors: {}};
  }

  restore({json}: CallbackState): void {
    const {ownRate, setRate} = json as {ownRate: number | null; setRate: number | null};
    this.#own = ownRate === null ? undefined : expectNumber('ownRate', ownRate);
    this.#set = setRate ?? undefined;
  }
}
