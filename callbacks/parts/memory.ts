import {isPlainObject, received} from '../../src/options/expect.js';
import type {CallbackState, Remembering} from './callback-state.js';

/** What is remembered from step to step as JSON holds it: numbers, texts, booleans, null, lists and plain objects. */
export interface Memory {
  [name: string]: unknown;
  /** What all chance follows from; `callback.seed` tells it. */
  seed?: number;
}

/** Remembers the values of an object, which stays the same object. */
export class Remembered implements Remembering {
  readonly #memory: Memory;
  readonly #atFirst: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#atFirst = structuredClone(memory);
  }

  /** Puts back what it was at first. */
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

/** The names in a callback's state that are not a method's to use. */
const TAKEN = ['callback', 'options', 'step', 'firstStep', 'pending', 'count', 'observed', 'saidTooShort'];

/**
 * Expects the memory of a method.
 *
 * @throws TypeError if it is no plain object, or uses a name that the callback's own state has.
 */
export function expectMemory(memory: Memory): Memory {
  if (!isPlainObject(memory)) {
    throw new TypeError(`Expected \`method.memory\` to be a plain object, got ${received(memory)}`);
  }
  const taken = TAKEN.find(name => name in memory);
  if (taken === undefined) return memory;
  throw new TypeError(`Expected \`method.memory\` to use other names than ${TAKEN.join(', ')}, got \`${taken}\``);
}
