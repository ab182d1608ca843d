import type * as tfl from '@tensorflow/tfjs-layers';
import {expectInteger} from '../../src/options/expect.js';
import {integer, oneOf} from '../../src/options/option.js';
import {readPart} from '../../src/options/read.js';
import type {Args} from '../../src/options/table.js';
import type {CallbackState, Remembering} from './callback-state.js';
import type {FitGuard} from './fit-guard.js';

/** The options of every callback that counts steps. */
export const STEPS = {
  /**
   * What a step counts: completed batches, or completed epochs. Defaults to 'batch', but to 'epoch' for
   * `SoftFilterPruning`, `SparseEvolutionaryTraining` and `SparseMomentum`.
   */
  stepUnit: oneOf(['batch', 'epoch'], 'batch'),
  /** Steps completed before this callback's first `fit`, to continue after a save and load. Defaults to 0. */
  initialStep: integer({}, 0),
};

/** Options of every callback that counts steps. */
export type StepArgs = Args<typeof STEPS>;

/** Counts the steps of a training, over all `fit` calls. */
export class StepCounter implements Remembering {
  readonly unit: 'batch' | 'epoch';
  #step: number;
  #firstStep: number;

  constructor(args: StepArgs) {
    const {stepUnit, initialStep} = readPart(args, STEPS);
    this.unit = stepUnit;
    this.#step = this.#firstStep = initialStep;
  }

  /** Steps completed since training began. */
  get step(): number {
    return this.#step;
  }

  /** The step at which counting began; the callback has seen nothing before it. */
  get firstStep(): number {
    return this.#firstStep;
  }

  /** Starts counting again. */
  reset(step: number): void {
    this.#step = this.#firstStep = expectInteger('step', step);
  }

  /** Counts a completed batch or epoch if it is a step, and returns whether it is. */
  completed(what: 'batch' | 'epoch'): boolean {
    if (what !== this.unit) return false;
    this.#step++;
    return true;
  }

  /** Expects a callback to be listed only once: otherwise it would count each step twice. */
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
