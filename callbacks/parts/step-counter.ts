import type * as tfl from '@tensorflow/tfjs-layers';
import {expectInteger, expectOneOf} from '../../src/options/expect.js';
import type {CallbackState, Remembering} from './callback-state.js';
import type {FitGuard} from './fit-guard.js';

/** What a callback takes that counts steps. */
export interface StepArgs {
  /** What a step counts: completed batches, or completed epochs. Defaults to 'batch'. */
  stepUnit?: 'batch' | 'epoch';
  /** Steps that were completed before this callback's first `fit`, to go on after a save and load. Defaults to 0. */
  initialStep?: number;
}

/** Counts the steps of a training, over all `fit` calls. */
export class StepCounter implements Remembering {
  readonly unit: 'batch' | 'epoch';
  #step: number;
  #firstStep: number;

  constructor({stepUnit = 'batch', initialStep = 0}: StepArgs) {
    this.unit = expectOneOf('stepUnit', stepUnit, ['batch', 'epoch']);
    this.#step = this.#firstStep = expectInteger('initialStep', initialStep);
  }

  /** Steps completed since training began. */
  get step(): number {
    return this.#step;
  }

  /** The step that counting began at: what was before it the callback has not seen. */
  get firstStep(): number {
    return this.#firstStep;
  }

  /** Begins to count anew. */
  reset(step: number): void {
    this.#step = this.#firstStep = expectInteger('step', step);
  }

  /** Notes that a batch or an epoch is completed, and returns whether this was a step. */
  completed(what: 'batch' | 'epoch'): boolean {
    if (what !== this.unit) return false;
    this.#step++;
    return true;
  }

  /** Expects a callback to be in the list once: it would count each step twice. */
  expectListedOnce({owner, callback, model}: FitGuard, before: readonly tfl.Callback[]): void {
    if (!before.includes(callback)) return;
    throw new TypeError(
      `${owner} is in the list of callbacks twice, and would count each step of "${model.name}" twice; list it once`,
    );
  }

  state(): CallbackState {
    return {json: {step: this.#step, firstStep: this.#firstStep}, tensors: {}};
  }

  restore({json}: CallbackState): void {
    const {step, firstStep} = json as {step: number; firstStep: number};
    this.#step = expectInteger('step', step);
    this.#firstStep = expectInteger('firstStep', firstStep);
  }
}
