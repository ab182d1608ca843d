import * as tf from '@tensorflow/tfjs-core';

const EVERY_MS = 125;

/**
 * Lets the event loop run from time to time. `fit` never does if its list holds nothing but callback objects, and a
 * page would freeze.
 */
export class EventLoopPauses {
  #last = 0;

  /** Begins to count the time. */
  begin(): void {
    this.#last = Date.now();
  }

  /** Lets the event loop run if it has not for an eighth of a second. */
  async pauseIfDue(): Promise<void> {
    if (Date.now() - this.#last < EVERY_MS) return;
    await tf.nextFrame();
    this.#last = Date.now();
  }
}
