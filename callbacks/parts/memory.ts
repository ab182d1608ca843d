import {isPlainObject, received} from '../../src/options/expect.js';
import type {CallbackState, Remembering} from './callback-state.js';

/** What a method remembers from step to step, as JSON: numbers, strings, booleans, null, arrays and plain objects. */
export interface Memory {
  [name: string]: unknown;
  /** The seed of all random choices, which `callback.seed` returns. */
  seed?: number;
}

/** Saves and restores the values of an object in place. */
export class Remembered implements Remembering {
  readonly #memory: Memory;
  readonly #atFirst: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#atFirst = structuredClone(memory);
  }

  /** Restores the first values. */
  reset(): void {
    Object.assign(this.#memory, structuredClone(this.#atFirst));
  }

  state(): CallbackState {
    return {json: structuredClone(this.#memory), tensors: {}};
  }

  restore({json}: CallbackState): void {
    for (const name of Object.keys(this.#atFirst)) this.#memory[name] = structuredClone(json[name]);
  }
}

/** The names in a callback's state that a method can't use. */
const TAKEN = ['callback', 'options', 'step', 'firstStep', 'pending', 'count', 'observed', 'saidTooShort'];

/**
 * Expects the memory of a method.
 *
 * @throws TypeError if it is not a plain object, or uses a name of the callback's own state.
 */
export function expectMemory(memory: Memory): Memory {
  if (!isPlainObject(memory)) {
    throw new TypeError(`Expected \`method.memory\` to be a plain object, got ${received(memory)}`);
  }
  const taken = TAKEN.find(name => name in memory);
  if (taken === undefined) return memory;
  throw new TypeError(`Expected \`method.memory\` to use other names than ${TAKEN.join(', ')}, got \`${taken}\``);
}
