import * as tfl from '@tensorflow/tfjs-layers';
import {layerSelector, type LayerSelector} from '../src/layers/layer-selector.js';
import {expectFunction, expectNumber} from '../src/options/expect.js';
import {option} from '../src/options/option.js';
import {readPart} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import {expectPenalty} from '../src/penalties/add-penalty.js';
import {penalizedWeights} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import type {CallbackState, Remembering, ResumableCallback} from './parts/callback-state.js';
import {EventLoopPauses} from './parts/event-loop-pauses.js';
import {FitGuard} from './parts/fit-guard.js';
import {States} from './parts/states.js';
import {StepCounter, STEPS} from './parts/step-counter.js';

const OPTIONS = {
  /** The penalty on weights. */
  penalty: option((_name, penalty: Penalty) => expectPenalty(penalty)),
  /** The factor of the penalty at a step, a number >= 0. Defaults to 1 at every step. */
  strength: option(
    (name, strength: (step: number) => number) => expectFunction(name, strength, 'of the step'),
    () => () => 1,
  ),
  /** The layers to penalize, wrapped or plain. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** The options of every callback with a penalty. */
export const PENALTY: typeof OPTIONS & typeof STEPS = {...OPTIONS, ...STEPS};

/** Options of every callback with a penalty. */
export type PenaltyCallbackArgs = Args<typeof PENALTY>;

/** A training with a penalty, at the current step. */
export interface PenalizedTraining {
  readonly owner: string;
  readonly model: tfl.LayersModel;
  readonly weights: readonly PenalizedWeight[];
  readonly step: number;
  /** What the penalty is multiplied by at this step. */
  readonly strength: number;
}

/** What distinguishes one penalty callback from another: how it applies the penalty. */
export interface PenaltyMethod {
  /** Called when a fit begins: throws if it can't work in this fit. `release` undoes what it sets up. */
  begin(training: PenalizedTraining): void | Promise<void>;
  /** Called before the forward pass of each batch. */
  batchBegin?(training: PenalizedTraining): void | Promise<void>;
  /** Called after the optimizer's step of each batch. */
  batchEnd?(training: PenalizedTraining): void;
  /** Called once when a fit ends, however it ends. */
  release?(): void;
  /** State that lasts from fit to fit. */
  readonly remembers?: Remembering & {reset(): void};
}

/** A callback with a penalty whose strength depends on the step. */
export class PenaltyCallback extends tfl.Callback implements ResumableCallback {
  readonly #method: PenaltyMethod;
  readonly #penalty: Penalty;
  readonly #strength: (step: number) => number;
  readonly #selector: LayerSelector | undefined;
  readonly #fit: FitGuard;
  readonly #steps: StepCounter;
  readonly #states: States;
  readonly #pauses = new EventLoopPauses();
  #weights: readonly PenalizedWeight[] = [];

  constructor(method: PenaltyMethod, args: PenaltyCallbackArgs) {
    super();
    const {penalty, strength, layers} = readPart(args, PENALTY);
    this.#method = method;
    this.#penalty = penalty;
    this.#strength = strength;
    this.#selector = layers;
    this.#steps = new StepCounter(args);
    this.#fit = new FitGuard(this, {
      expectFitting: before => {
        this.#steps.expectListedOnce(this.#fit, before);
        this.#chosen();
      },
      release: () => method.release?.(),
    });
    this.#states = new States(this.#fit, args, [this.#steps, ...(method.remembers ? [method.remembers] : [])]);
  }

  /** Steps completed since training began, over all `fit` calls; part of `state()`. */
  get step(): number {
    return this.#steps.step;
  }

  /** Starts counting again, for another training. */
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

  /** Reports skipped layers, once per callback. */
  #chosen(): PenalizedWeight[] {
    return penalizedWeights(this.#fit.owner, this.#fit.model, this.#penalty, this.#selector, this);
  }

  get #training(): PenalizedTraining {
    const {step} = this.#steps;
    const strength = expectNumber(`strength(${step})`, this.#strength(step), {min: 0});
    return {owner: this.#fit.owner, model: this.#fit.model, weights: this.#weights, step, strength};
  }
}
