import {say} from '../../src/display/say.js';
import type {Goal} from '../method.js';
import {Remembered} from './memory.js';

/** Says on the console if a fit ends before its goal: once a training, as one fit may be one of many. */
export class ShortFitNotice {
  /** Whether it was said, for the callback's state. */
  readonly remembered: Remembered;
  readonly #owner: string;
  readonly #goal: Goal;
  readonly #memory = {saidTooShort: false};

  constructor(owner: string, goal: Goal) {
    this.#owner = owner;
    this.#goal = goal;
    this.remembered = new Remembered(this.#memory);
  }

  /** Says so if a fit will stop, or has stopped, at a step that is too early. */
  sayIfShort(stops: 'will stop' | 'stopped', step: number): void {
    if (this.#memory.saidTooShort || this.#goal.isReachedAt(step)) return;
    this.#memory.saidTooShort = true;
    say(this.#owner, `this fit ${stops} at step ${step}, before ${this.#goal.name}. ${this.#goal.remedy}`);
  }
}
