import type * as tfl from '@tensorflow/tfjs-layers';
import {expectInteger, expectOneOf} from '../../src/options/expect.js';
import {integer, oneOf} from '../../src/options/option.js';
import {readPart} from '../../src/options/read.js';
import type {Args} from '../../src/options/table.js';
import type {CallbackState, Remembering} from './callback-state.js';
import type {FitGuard} from './fit-guard.js';
import {FIT_LENGTH, lengthOfFit, type FitLength} from './fit-length.js';

/** The options of every callback that counts steps. */
export const STEPS = {
  /** What a step counts: completed batches, or completed epochs. Defaults to 'batch'. */
  stepUnit: oneOf(['batch', 'epoch'], 'batch'),
  /** Steps completed before this callback's first `fit`, to continue after a save and load. Defaults to 0. */
  initialStep: integer({}, undefined),
};

const FIT_UNIT = {
  /**
   * What a step counts: completed batches, completed epochs, or with 'fit' the fraction of the fit that is completed,
   * in [0, 1], counted from epoch 0. Defaults to 'batch', but to 'epoch' for `SoftFilterPruning`,
   * `SparseEvolutionaryTraining` and `SparseMomentum`, and to 'fit' with `sparsity` alone.
   */
  stepUnit: oneOf(['batch', 'epoch', 'fit'], undefined),
  /**
   * Steps completed before this callback's first `fit`, in batches or epochs, to continue after a save and load.
   * Defaults to 0, and with `stepUnit: 'fit'` to those before the fit's `initialEpoch`.
   */
  initialStep: integer({}, undefined),
};

/** The same, of a callback whose steps may be laid over the fit. */
export const FIT_STEPS: Omit<typeof STEPS, keyof typeof FIT_UNIT> & typeof FIT_UNIT & typeof FIT_LENGTH = {
  ...STEPS,
  ...FIT_UNIT,
  ...FIT_LENGTH,
};

/** Options of every callback that counts steps. */
export type StepArgs = Args<typeof FIT_STEPS>;

/** Counts the steps of a training, over all `fit` calls. */
export class StepCounter implements Remembering {
  readonly #unit: 'batch' | 'epoch' | 'fit';
  readonly #length: Args<typeof FIT_LENGTH>;
  /** What a step must count with `stepUnit: 'fit'`; undefined allows either. */
  readonly #unitOfFit: 'batch' | 'epoch' | undefined;
  #firstStep: number;
  #step: number;
  /** Whether the first step was given; otherwise the first fit determines it. */
  #isGiven: boolean;
  #fit: Pick<FitLength, 'unit' | 'steps'> | undefined;

  constructor(args: StepArgs, unitOfFit?: 'batch' | 'epoch') {
    const {stepUnit = 'batch', initialStep, ...length} = readPart(args, FIT_STEPS);
    this.#unit = stepUnit;
    this.#length = length;
    this.#unitOfFit = unitOfFit;
    this.#step = this.#firstStep = initialStep ?? 0;
    this.#isGiven = initialStep !== undefined;
  }

  /** What a step counts. With `stepUnit: 'fit'` this is known once the first fit has begun. */
  get unit(): 'batch' | 'epoch' {
    return this.#unit === 'fit' ? (this.#fit?.unit ?? 'batch') : this.#unit;
  }

  /** Steps completed since training began. */
  get step(): number {
    return this.#step;
  }

  /** The step at which counting began; the callback has seen nothing before it. */
  get firstStep(): number {
    return this.#firstStep;
  }

  /** With `stepUnit: 'fit'`, the steps of the whole training. */
  get stepsOfFit(): number | undefined {
    return this.#fit?.steps;
  }

  /** Called when a fit begins: with `stepUnit: 'fit'` the first one says how long the training is. */
  async begin(owner: string, params: tfl.Callback['params']): Promise<void> {
    if (this.#unit !== 'fit' || (this.#fit && this.#step > this.#firstStep)) return;
    const {before, ...fit} = await lengthOfFit(owner, params, this.#length, this.#unitOfFit);
    if (!this.#isGiven) this.#step = this.#firstStep = before;
    this.#fit = fit;
  }

  /** Starts counting again, by default where the next fit begins. */
  reset(step?: number): void {
    this.#step = this.#firstStep = step === undefined ? 0 : expectInteger('step', step);
    this.#isGiven = step !== undefined;
    this.#fit = undefined;
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
    const fit = this.#fit ? {...this.#fit} : null;
    return {json: {step: this.#step, firstStep: this.#firstStep, ...(this.#unit === 'fit' && {fit})}, tensors: {}};
  }

  restore({json}: CallbackState): void {
    const {step, firstStep, fit = null} = json as {step: number; firstStep: number; fit?: FitLength | null};
    this.#step = expectInteger('step', step);
    this.#firstStep = expectInteger('firstStep', firstStep);
    this.#isGiven = true;
    this.#fit = fit === null ? undefined : expectLength(fit);
  }
}

function expectLength({unit, steps}: Pick<FitLength, 'unit' | 'steps'>): Pick<FitLength, 'unit' | 'steps'> {
  return {unit: expectOneOf('fit.unit', unit, ['batch', 'epoch']), steps: expectInteger('fit.steps', steps, {min: 1})};
}
