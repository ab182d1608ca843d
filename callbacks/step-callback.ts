import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, expectOneOf} from '../src/options/expect.js';
import type {CallbackState} from './callback-state.js';
import {ModelCallback, type Logs} from './model-callback.js';

const YIELD_EVERY_MS = 125;

/** What callbacks take that count steps. */
export interface StepCallbackArgs {
  /** What a step counts: completed batches, or completed epochs. Defaults to 'batch'. */
  stepUnit?: 'batch' | 'epoch';
  /** Steps that were completed before this callback's first `fit`, to go on after a save and load. Defaults to 0. */
  initialStep?: number;
}

/** A callback that counts the steps of a training, over all `fit` calls. */
export abstract class StepCallback extends ModelCallback {
  protected readonly stepUnit: 'batch' | 'epoch';
  #step: number;
  #firstStep: number;
  #lastYield = 0;

  constructor(args: StepCallbackArgs) {
    super(args);
    const {stepUnit = 'batch', initialStep = 0} = args;
    this.stepUnit = expectOneOf('stepUnit', stepUnit, ['batch', 'epoch']);
    this.#step = expectInteger('initialStep', initialStep);
    this.#firstStep = initialStep;
  }

  /**
   * Steps completed since training began, over all `fit` calls; `state()` holds it, with all else that going on later
   * takes.
   */
  get step(): number {
    return this.#step;
  }

  /** Starts counting anew, for another training. */
  reset(step = 0): void {
    this.#step = expectInteger('step', step);
    this.#firstStep = step;
  }

  override async state(): Promise<CallbackState> {
    const {json, tensors} = await super.state();
    return {json: {...json, step: this.#step, firstStep: this.#firstStep}, tensors};
  }

  override async onTrainBegin(): Promise<void> {
    await super.onTrainBegin();
    this.#lastYield = Date.now();
  }

  override async onBatchEnd(): Promise<void> {
    await super.onBatchEnd();
    if (this.stepUnit === 'batch') await this.#advance();
    await this.#yieldToEventLoop();
  }

  override async onEpochEnd(epoch: number, logs?: Logs): Promise<void> {
    await super.onEpochEnd(epoch, logs);
    if (this.stepUnit === 'epoch') await this.#advance();
  }

  /** The step that counting began at: what was before it this callback has not seen. */
  protected get firstStep(): number {
    return this.#firstStep;
  }

  protected override async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await super.restoring(state);
    const {step, firstStep} = state.json as {step: number; firstStep: number};
    expectInteger('step', step);
    expectInteger('firstStep', firstStep);
    return () => {
      takeOver();
      this.reset(step);
      this.#firstStep = firstStep;
    };
  }

  /** Called after each step, when it is counted. */
  protected stepCompleted(): Promise<void> {
    return Promise.resolve();
  }

  async #advance(): Promise<void> {
    this.#step++;
    await this.stepCompleted();
  }

  protected override expectFitting(before: readonly ModelCallback[]): void {
    super.expectFitting(before);
    if (!before.includes(this)) return;
    throw new TypeError(
      `${this.constructor.name} is in the list of callbacks twice, and would count each step of "${this.trainedModel.name}" twice; ` +
        'list it once',
    );
  }

  /** With nothing but callback objects in its list, `fit` never lets the event loop run, and a page would freeze. */
  async #yieldToEventLoop(): Promise<void> {
    if (Date.now() - this.#lastYield < YIELD_EVERY_MS) return;
    await tf.nextFrame();
    this.#lastYield = Date.now();
  }
}
