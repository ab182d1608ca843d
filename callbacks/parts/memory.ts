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

  restoring({json}: CallbackState): Promise<() => void> {
    const own = Object.fromEntries(Object.keys(this.#atFirst).map(name => [name, json[name]]));
    return Promise.resolve(() => void Object.assign(this.#memory, structuredClone(own)));
  }
}
