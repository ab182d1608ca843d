import type {FixedMemory} from './emit/fixed-memory.js';
import {isRare, programOf, type Step} from './emit/step.js';
import type {Machine} from './machine.js';

/** How long steps run before others have a turn, in milliseconds. */
const TURN_MS = 2;

/**
 * Runs steps while something is waited for. Engines make faster code of what has run, and memory that was never used is
 * slow at first: the first run is then as fast as those that follow.
 */
export class WarmUp {
  readonly #machine: Machine;
  #steps: readonly Step[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Steps that can run, in their order. Rare ones are left out, among them those with states. */
  add(steps: readonly Step[]): void {
    this.#steps = [...this.#steps, ...steps.filter(step => !isRare(step))];
  }

  /** @param fixed behind which steps may be written for a while. */
  async during<T>(waited: Promise<T>, fixed: FixedMemory): Promise<T> {
    const done = waited.then(result => ({result}));
    while (this.#steps.length > 0) {
      const first = await Promise.race([done, new Promise<undefined>(resolve => setTimeout(resolve, 0, undefined))]);
      if (first) return first.result;
      this.#run(fixed);
    }
    return (await done).result;
  }

  #run(fixed: FixedMemory): void {
    const end = performance.now() + TURN_MS;
    let count = 0;
    for (; count < this.#steps.length && performance.now() < end; count++) {
      const program = programOf([this.#steps[count]!]);
      fixed.putAt(fixed.end, program);
      this.#machine.run(fixed.end, fixed.end + program.byteLength);
    }
    this.#steps = this.#steps.slice(count);
  }
}
