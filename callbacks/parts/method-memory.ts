import {isPlainObject, received} from '../../src/options/expect.js';
import type {Method} from '../method.js';
import type {CallbackState, Remembering} from './callback-state.js';
import {Remembered, type Memory} from './memory.js';
import {joined} from './state-keeper.js';

/** The names in a callback's state that are not a method's to use. */
const TAKEN = ['callback', 'options', 'step', 'firstStep', 'pending', 'count', 'observed', 'saidTooShort'];

/** What a method remembers: its `memory`, and what it gives as its own `state`. */
export class MethodMemory implements Remembering {
  readonly #method: Method;
  readonly #memory: Remembered;

  /** @throws TypeError if the memory is no plain object, or uses a name that the callback's own state has. */
  constructor(method: Method) {
    this.#method = method;
    this.#memory = new Remembered(expectMemory(method.memory ?? {}));
  }

  reset(): void {
    this.#memory.reset();
    this.#method.reset?.();
  }

  async state(): Promise<CallbackState> {
    const own = await this.#method.state?.();
    return joined([this.#memory.state(), ...(own ? [own] : [])]);
  }

  /** To be the last of a callback's parts: a method takes its state over as soon as it has checked it. */
  async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await this.#memory.restoring(state);
    await this.#method.restore?.(state);
    return takeOver;
  }
}

function expectMemory(memory: Memory): Memory {
  if (!isPlainObject(memory)) {
    throw new TypeError(`Expected \`method.memory\` to be a plain object, got ${received(memory)}`);
  }
  const taken = TAKEN.find(name => name in memory);
  if (taken === undefined) return memory;
  throw new TypeError(`Expected \`method.memory\` to use other names than ${TAKEN.join(', ')}, got \`${taken}\``);
}
