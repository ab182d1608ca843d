import {say} from '../../src/display/say.js';
import type {Goal} from '../method.js';
import {Remembered} from './memory.js';

/** Says on the console if a fit ends before its goal; only once per training, which may consist of many fits. */
export class ShortFitNotice {
  /** Part of the callback's state: whether it was said. */
  readonly remembered: Remembered;
  readonly #owner: string;
  readonly #goal: Goal;
  readonly #memory = {saidTooShort: false};

  constructor(owner: string, goal: Goal) {
    this.#owner = owner;
    this.#goal = goal;
    this.remembered = new Remembered(this.#memory);
  }

  /**
   * Says so if a fit will stop, or has stopped, too early.
   *
   * @param sparsity what was reached.
   */
  sayIfShort(stops: 'will stop' | 'stopped', step: number, sparsity?: number): void {
    if (this.#memory.saidTooShort || this.#goal.isReachedAt(step)) return;
    this.#memory.saidTooShort = true;
    const reached = sparsity === undefined ? '' : ` with a sparsity of ${Number(sparsity.toFixed(3))}`;
    say(this.#owner, `this fit ${stops} at step ${step}${reached}, before ${this.#goal.name}. ${this.#goal.remedy}`);
  }
}
