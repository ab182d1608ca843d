import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expectOptions} from '../src/options/expect.js';
import {addLoss, penaltyOn, tryPenalty} from '../src/penalties/add-penalty.js';
import type {PenalizedWeight} from '../src/penalties/penalty.js';
import type {CallbackState, ResumableCallback} from './parts/callback-state.js';
import {EventLoopPauses} from './parts/event-loop-pauses.js';
import {FitGuard} from './parts/fit-guard.js';
import {PenaltyChoice} from './parts/penalty-choice.js';
import {PENALTY_OPTIONS, PenaltyOnLayers, type PenaltyCallbackArgs} from './parts/penalty-on-layers.js';
import {StateKeeper} from './parts/state-keeper.js';
import {StepCounter} from './parts/step-counter.js';

/** Options of {@link ScheduledPenalty}. */
export interface ScheduledPenaltyArgs extends PenaltyCallbackArgs {
  /**
   * Of a penalty that chooses what it bears down on (`selectiveWeightDecay`, `growingRegularization`): every how many
   * steps it does so. Defaults to what the penalty asks for, 1 for most.
   */
  frequency?: number;
}

/**
 * Adds a penalty to the loss while the model trains, with a strength that goes by the step.
 *
 *     loss + strength(step) * sum over the weights of penalty(w)
 *
 * It is put on when a `fit` begins and taken off when it ends, also where it fails; see {@link addPenalty} for what it
 * is put on, and for where the loss is seen.
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong; from `fit` where `layers`
 *     matches nothing, the penalty gives no scalar, or the strength is no number >= 0.
 *
 * @example
 * const strength = step => 1e-4 * Math.min(1, step / 1000); // warms up
 * await model.fit(x, y, {epochs: 5, callbacks: [new ScheduledPenalty({penalty: l1({strength: 1}), strength})]});
 */
export class ScheduledPenalty extends tfl.Callback implements ResumableCallback {
  readonly #penalty: PenaltyOnLayers;
  readonly #fit: FitGuard;
  readonly #steps: StepCounter;
  readonly #choice: PenaltyChoice;
  readonly #states: StateKeeper;
  readonly #pauses = new EventLoopPauses();
  #weights: readonly PenalizedWeight[] = [];
  #strength = 0;
  #takeOff: (() => void) | undefined;

  constructor(args: ScheduledPenaltyArgs) {
    super();
    this.#penalty = new PenaltyOnLayers(expectOptions('ScheduledPenalty', args, [...PENALTY_OPTIONS, 'frequency']));
    const {frequency = this.#penalty.penalty.chooseEvery ?? 1} = args;
    this.#steps = new StepCounter(args);
    this.#fit = new FitGuard(this, {
      expectFitting: before => {
        this.#steps.expectListedOnce(this.#fit, before);
        this.#penalty.weightsIn(this.#fit);
      },
      release: () => this.remove(),
    });
    this.#choice = new PenaltyChoice(this.#fit.owner, frequency);
    this.#states = new StateKeeper(this.#fit, args, [this.#steps, this.#choice]);
  }

  /** Steps completed since training began, over all `fit` calls; part of `state()`. */
  get step(): number {
    return this.#steps.step;
  }

  /** Takes the penalty off the model before the end of a `fit`. */
  remove(): void {
    this.#takeOff?.();
    this.#takeOff = undefined;
    this.#choice.release();
  }

  /** Starts counting anew, for another training. */
  reset(step = 0): void {
    this.#steps.reset(step);
    this.#choice.reset();
  }

  state(): Promise<CallbackState> {
    return this.#states.state();
  }

  restore(state: CallbackState): Promise<void> {
    return this.#states.restore(state);
  }

  override async onTrainBegin(): Promise<void> {
    this.#pauses.begin();
    this.#weights = this.#penalty.weightsIn(this.#fit);
    this.#choice.begin(this.#weights);
    await this.#prepareStep();
    this.#takeOff = addLoss(this.#fit.model, () => this.#term());
  }

  override async onBatchBegin(_batch?: number): Promise<void> {
    await this.#prepareStep();
  }

  override async onBatchEnd(_batch?: number): Promise<void> {
    this.#steps.completed('batch');
    await this.#pauses.pauseIfDue();
  }

  override onEpochEnd(_epoch: number): Promise<void> {
    this.#steps.completed('epoch');
    return Promise.resolve();
  }

  async #prepareStep(): Promise<void> {
    const {penalty} = this.#penalty;
    const isOn = this.#takeOff !== undefined;
    this.#strength = this.#penalty.strengthAt(this.step);
    if (penalty.choose) await this.#choice.chooseIfDue(penalty.choose, this.step, {inBatch: isOn});
    if (!isOn) tryPenalty(this.#weights, penalty, this.#choice.coefficients);
  }

  #term(): tf.Scalar {
    return tf.mul(this.#strength, penaltyOn(this.#weights, this.#penalty.penalty, this.#choice.coefficients));
  }
}
