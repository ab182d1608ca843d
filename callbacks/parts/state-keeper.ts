import * as tf from '@tensorflow/tfjs-core';
import type {CallbackState, Remembering, ResumableCallback} from './callback-state.js';
import {describedOptions} from './described-options.js';
import {expectStateLike} from './expect-state.js';
import type {FitGuard} from './fit-guard.js';

/** Joins the states of a callback's parts, and restores all of them or none. */
export class StateKeeper implements ResumableCallback {
  readonly #guard: FitGuard;
  readonly #options: object;
  readonly #parts: readonly Remembering[];

  /** @param options must be the same in a state that is restored. */
  constructor(guard: FitGuard, options: object, parts: readonly Remembering[]) {
    this.#guard = guard;
    this.#options = options;
    this.#parts = parts;
  }

  async state(): Promise<CallbackState> {
    this.#expectOutsideBatch();
    const json = {callback: this.#guard.owner, options: describedOptions(this.#options)};
    const states: CallbackState[] = [{json, tensors: {}}];
    for (const part of this.#parts) states.push(await part.state());
    return joined(states);
  }

  async restore(state: CallbackState): Promise<void> {
    if (this.#guard.isInFit) throw new Error(`${this.#guard.owner} takes over a state before a fit, not within it`);
    const own = await this.state();
    try {
      expectStateLike(this.#guard.owner, state, own.json);
      for (const part of this.#parts) await part.restore(state);
    } catch (error) {
      for (const part of this.#parts) await part.restore(own);
      throw error;
    } finally {
      tf.dispose(own.tensors);
    }
  }

  #expectOutsideBatch(): void {
    if (!this.#guard.isInBatch) return;
    throw new Error(
      `${this.#guard.owner} gives its state between two batches, but was asked within one; ask from a callback that ` +
        'stands behind it in the list, when the batch ends',
    );
  }
}

/** Several states in one; the names in them must differ. */
export function joined(states: readonly CallbackState[]): CallbackState {
  return {
    json: Object.assign({}, ...states.map(({json}) => json)) as CallbackState['json'],
    tensors: Object.assign({}, ...states.map(({tensors}) => tensors)) as CallbackState['tensors'],
  };
}
