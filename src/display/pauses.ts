import {nextTurn} from './next-turn.js';

/** A page still answers at once if it waits no longer than this. */
const EVERY_MS = 40;

/** What lets other code run during long work. */
export interface Pausing {
  pause(): Promise<void>;
}

/** Pauses, and nothing more. */
export class Pauses implements Pausing {
  #began = Date.now();

  /** Lets other code run if none did for some time. */
  async pause(): Promise<void> {
    if (Date.now() - this.#began < EVERY_MS) return;
    await nextTurn();
    this.#began = Date.now();
  }
}
