import * as tfl from '@tensorflow/tfjs-layers';
import {expectSelector, type LayerSelector} from '../src/layers/layer-selector.js';
import {expectNumber, isCallable, received} from '../src/options/expect.js';
import {expectPenalty} from '../src/penalties/add-penalty.js';
import {penalizedWeights} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import type {CallbackState, Remembering, ResumableCallback} from './parts/callback-state.js';
import {EventLoopPauses} from './parts/event-loop-pauses.js';
import {FitGuard} from './parts/fit-guard.js';
import {StateKeeper} from './parts/state-keeper.js';
import {StepCounter, type StepArgs} from './parts/step-counter.js';

/** What callbacks with a penalty take. */
export interface PenaltyCallbackArgs extends StepArgs {
  /** What weights cost. */
  penalty: Penalty;
  /** What the penalty is multiplied by at a step, a number >= 0. Defaults to 1 at each. */
  strength?: (step: number) => number;
  /** Which layers it applies to, wrapped or plain. Defaults to all that are trainable; a frozen one must be named. */
  layers?: LayerSelector;
}

/** The names of these options, for the checks. */
export const PENALTY_OPTIONS = ['penalty', 'strength', 'layers', 'stepUnit', 'initialStep'] as const;

/** A training with a penalty, as it is now. */
export interface PenalizedTraining {
  readonly owner: string;
  readonly model: tfl.LayersModel;
  readonly weights: readonly PenalizedWeight[];
  readonly step: number;
  /** What the penalty is multiplied by at this step. */
  readonly strength: number;
}

/** What a penalty callback does about its penalty: what differs from one to the next. */
export interface PenaltyMethod {
  /** Called when a fit begins: throws if it can't work in it. What it sets, `release` takes back. */
  begin(training: PenalizedTraining): void | Promise<void>;
  /** Called before the forward pass of each batch. */
  batchBegin?(training: PenalizedTraining): void | Promise<void>;
  /** Called after the optimizer's step of each batch. */
  batchEnd?(training: PenalizedTraining): void;
  /** Called once when a fit ends, however it ends. */
  release?(): void;
  /** What it remembers from fit to fit. */
  readonly remembers?: Remembering & {reset(): void};
}

/** A callback with a penalty whose strength goes by the step. */
export class PenaltyCallback extends tfl.Callback implements ResumableCallback {
  readonly #method: PenaltyMethod;
  readonly #penalty: Penalty;
  readonly #strength: (step: number) => number;
  readonly #selector: LayerSelector | undefined;
  readonly #fit: FitGuard;
  readonly #steps: StepCounter;
  readonly #states: StateKeeper;
  readonly #pauses = new EventLoopPauses();
  #weights: readonly PenalizedWeight[] = [];

  constructor(method: PenaltyMethod, args: PenaltyCallbackArgs) {
    super();
    const {penalty, strength = () => 1, layers} = args;
    if (!isCallable(strength)) {
      throw new TypeError(`Expected \`strength\` to be a function of the step, got ${received(strength)}`);
    }
    this.#method = method;
    this.#penalty = expectPenalty(penalty);
    this.#strength = strength;
    this.#selector = expectSelector('layers', layers);
    this.#steps = new StepCounter(args);
    this.#fit = new FitGuard(this, {
      expectFitting: before => {
        this.#steps.expectListedOnce(this.#fit, before);
        this.#chosen();
      },
      release: () => method.release?.(),
    });
    this.#states = new StateKeeper(this.#fit, args, [this.#steps, ...(method.remembers ? [method.remembers] : [])]);
  }

  /** Steps completed since training began, over all `fit` calls; part of `state()`. */
  get step(): number {
    return this.#steps.step;
  }

  /** Starts counting anew, for another training. */
  reset(step = 0): void {
    this.#steps.reset(step);
    this.#method.remembers?.reset();
  }

  state(): Promise<CallbackState> {
    return this.#states.state();
  }

  restore(state: CallbackState): Promise<void> {
    return this.#states.restore(state);
  }

  override async onTrainBegin(): Promise<void> {
    this.#pauses.begin();
    this.#weights = this.#chosen();
    await this.#method.begin(this.#training);
  }

  override async onBatchBegin(_batch?: number): Promise<void> {
    if (this.#method.batchBegin) await this.#method.batchBegin(this.#training);
  }

  override async onBatchEnd(_batch?: number): Promise<void> {
    this.#method.batchEnd?.(this.#training);
    this.#steps.completed('batch');
    await this.#pauses.pauseIfDue();
  }

  override onEpochEnd(_epoch: number): Promise<void> {
    this.#steps.completed('epoch');
    return Promise.resolve();
  }

  /** What is left alone is said to each callback once. */
  #chosen(): PenalizedWeight[] {
    return penalizedWeights(this.#fit.owner, this.#fit.model, this.#penalty, this.#selector, this);
  }

  get #training(): PenalizedTraining {
    const {step} = this.#steps;
    const strength = expectNumber(`strength(${step})`, this.#strength(step), {min: 0});
    return {owner: this.#fit.owner, model: this.#fit.model, weights: this.#weights, step, strength};
  }
}
