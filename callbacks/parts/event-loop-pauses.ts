import * as tf from '@tensorflow/tfjs-core';

const EVERY_MS = 125;

/**
 * Lets the event loop run from time to time. `fit` never does if its list holds only callback objects, and a page would
 * freeze.
 */
export class EventLoopPauses {
  #last = 0;

  /** Starts the clock. */
  begin(): void {
    this.#last = Date.now();
  }

  /** Lets the event loop run if an eighth of a second has passed since it last ran. */
  async pauseIfDue(): Promise<void> {
    if (Date.now() - this.#last < EVERY_MS) return;
    await tf.nextFrame();
    this.#last = Date.now();
  }
}
