import * as tf from '@tensorflow/tfjs-core';
import {
  expectFitting,
  loadSnapshot,
  putBack,
  saveSnapshot,
  takeSnapshot,
  type SnapshotPlace,
  type WeightSnapshot,
} from '../../src/layers/weight-snapshot.js';
import type {Model} from '../../src/tfjs-internals.js';
import type {PrunedTraining} from '../method.js';
import type {CallbackState, Remembering} from '../parts/callback-state.js';
import {storedUnder, tensorsUnder} from '../parts/expect-state.js';

/** The weights of the step that a training rewinds to: in memory and, for another process, in a place. */
export class RewindPoint implements Remembering {
  readonly #step: number;
  readonly #place: SnapshotPlace | undefined;
  #snapshot: WeightSnapshot | undefined;

  constructor(step: number, place: SnapshotPlace | undefined) {
    this.#step = step;
    this.#place = place;
  }

  /** Takes a snapshot of the weights, if this is the step to rewind to. */
  async takeIfDue({step, model}: PrunedTraining): Promise<void> {
    if (step !== this.#step) return;
    this.#snapshot = await takeSnapshot(model);
    if (this.#place !== undefined) await saveSnapshot(this.#snapshot, this.#place);
  }

  /**
   * Expects a training that is past the step to rewind to to have its weights, and expects them to fit the model.
   *
   * @throws RangeError that says what is missing or differs.
   */
  async expectKnown({owner, step, model}: PrunedTraining): Promise<void> {
    if (step <= this.#step) return;
    if (!this.#snapshot && this.#place === undefined) {
      throw new RangeError(
        `${owner} continues at step ${step} and will rewind to the weights of step ${this.#step}, but has not seen ` +
          'them; continue with the callback that has, or give both callbacks the same `snapshot`',
      );
    }
    this.#snapshot ??= await loadSnapshot(this.#place!);
    expectFitting(this.#snapshot, model);
  }

  /** Puts the weights back into the model; masked weights become zero. */
  putBack(model: Model): void {
    putBack(this.#snapshot!, model);
  }

  reset(): void {
    this.#snapshot = undefined;
  }

  state(): CallbackState {
    const names = this.#snapshot?.map(({name}) => name) ?? null;
    const values = this.#snapshot?.map(({values, shape}) => tf.tensor(values, [...shape])) ?? [];
    return {json: {snapshot: names}, tensors: tensorsUnder('snapshot', names ?? [], values)};
  }

  async restore(state: CallbackState): Promise<void> {
    const {snapshot: names} = state.json as {snapshot: readonly string[] | null};
    const stored = names === null ? [] : await storedUnder('snapshot', {names}, state);
    this.#snapshot = names?.map((name, i) => ({name, ...stored[i]!}));
  }
}
