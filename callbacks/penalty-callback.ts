import type * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {layerSelector, type LayerSelector} from '../src/layers/layer-selector.js';
import {expectFunction, expectNumber} from '../src/options/expect.js';
import {option} from '../src/options/option.js';
import {expectAbsent, readPart} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import {expectPenalty} from '../src/penalties/add-penalty.js';
import {penalizedWeights} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import type {CallbackState, Remembering, ResumableCallback} from './parts/callback-state.js';
import {EventLoopPauses} from './parts/event-loop-pauses.js';
import {FitGuard} from './parts/fit-guard.js';
import type {Logs} from './parts/logs.js';
import type {Gradients} from './parts/pull-size.js';
import {States} from './parts/states.js';
import {StepCounter, STEPS} from './parts/step-counter.js';
import {BytesTarget, isBytes} from './parts/bytes-target.js';
import type {PenalizedModel, PenaltyGoal, Progress} from './parts/penalty-goal.js';
import {STRENGTH_TARGET, StrengthTarget} from './parts/strength-target.js';

const OPTIONS = {
  /** The penalty on weights. */
  penalty: option((_name, penalty: Penalty) => expectPenalty(penalty)),
  /** The factor of the penalty at a step, a number >= 0. Defaults to 1 at every step. */
  strength: option(
    (name, strength: (step: number) => number) => expectFunction(name, strength, 'of the step'),
    undefined,
  ),
  /** The layers to penalize, wrapped or plain. Defaults to all trainable ones; a frozen layer must be named. */
  layers: layerSelector(),
};

/** The options of every callback with a penalty. */
export const PENALTY: typeof OPTIONS & typeof STRENGTH_TARGET & typeof STEPS = {
  ...OPTIONS,
  ...STRENGTH_TARGET,
  ...STEPS,
};

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
  /** What its pull on each element is multiplied by, a tensor for each weight; empty if that is 1. */
  readonly pulls: readonly tf.Tensor[];
}

/** What distinguishes one penalty callback from another: how it applies the penalty. */
export interface PenaltyMethod {
  /** Called when a fit begins: throws if it can't work in this fit. `release` undoes what it sets up. */
  begin(training: PenalizedTraining): void | Promise<void>;
  /** Called before the forward pass of each batch. */
  batchBegin?(training: PenalizedTraining): void | Promise<void>;
  /** Called after the optimizer's step of each batch. */
  batchEnd?(training: PenalizedTraining): void;
  /** The gradients of the penalty, if the optimizer steps by them. Called in a tidy. */
  gradients?: Gradients;
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
  readonly #target: PenaltyGoal | undefined;
  readonly #selector: LayerSelector | undefined;
  readonly #fit: FitGuard;
  readonly #steps: StepCounter;
  readonly #states: States;
  readonly #pauses = new EventLoopPauses();
  #weights: readonly PenalizedWeight[] = [];

  constructor(method: PenaltyMethod, args: PenaltyCallbackArgs) {
    super();
    const {penalty, strength = () => 1, layers, target, ...counted} = readPart(args, PENALTY);
    this.#method = method;
    this.#penalty = penalty;
    this.#strength = strength;
    this.#selector = layers;
    if (isBytes(target)) this.#target = new BytesTarget(target, penalty);
    else if (target !== undefined) this.#target = new StrengthTarget(target, counted, penalty);
    this.#steps = this.#target ? new StepCounter({...args, stepUnit: 'fit'}, 'batch') : new StepCounter(args);
    this.#fit = new FitGuard(this, {
      expectFitting: before => {
        this.#steps.expectListedOnce(this.#fit, before);
        this.#expectAloneToCount(before);
        this.#chosen();
      },
      release: () => {
        this.#target?.release();
        method.release?.();
      },
    });
    if (this.#target) expectAbsent(this.#fit.owner, args, ['strength', 'stepUnit'], 'with a `target`, which sets it');
    if (isBytes(target)) expectAbsent(this.#fit.owner, args, ['below', 'structure'], 'with a `target` of bytes');
    const parts = [this.#steps, this.#target, method.remembers];
    this.#states = new States(
      this.#fit,
      args,
      parts.filter(part => part !== undefined),
    );
  }

  /** Steps completed since training began, over all `fit` calls; part of `state()`. */
  get step(): number {
    return this.#steps.step;
  }

  /** Starts counting again, for another training. */
  reset(step = 0): void {
    this.#steps.reset(step);
    this.#target?.reset();
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
    await this.#steps.begin(this.#fit.owner, this.params);
    this.#weights = this.#chosen();
    await this.#target?.begin(this.#penalized, this.#progress);
    await this.#method.begin(this.#training);
  }

  override async onBatchBegin(_batch?: number): Promise<void> {
    await this.#target?.drive(this.#penalized, this.#progress, {
      optimizer: this.#fit.model.optimizer,
      gradients: this.#method.gradients?.bind(this.#method),
    });
    if (this.#method.batchBegin) await this.#method.batchBegin(this.#training);
  }

  override async onBatchEnd(_batch?: number): Promise<void> {
    this.#method.batchEnd?.(this.#training);
    this.#steps.completed('batch');
    await this.#pauses.pauseIfDue();
  }

  override async onEpochEnd(_epoch: number, logs: Logs = {}): Promise<void> {
    this.#steps.completed('epoch');
    if (!this.#target) return;
    logs['penaltyStrength'] = this.#target.strength;
    Object.assign(logs, await this.#target.logs(this.#penalized));
  }

  override async onTrainEnd(): Promise<void> {
    const {step, steps} = this.#progress;
    const isOver = step >= steps || this.#fit.model.stopTraining;
    if (isOver) await this.#target?.sayIfMissed(this.#penalized);
  }

  /** Two would both answer for the whole file. */
  #expectAloneToCount(before: readonly tfl.Callback[]): void {
    const counts = (each: PenaltyCallback) => each.#target instanceof BytesTarget;
    const other = before.find(each => each !== this && each instanceof PenaltyCallback && counts(each));
    if (!other || !counts(this)) return;
    throw new TypeError(
      `${this.#fit.owner} expects to be alone in a fit with a \`target\` of bytes, which are those of the whole ` +
        `file, but ${other.constructor.name} before it has one, too; use one for all layers, or give one of them a ` +
        '`strength`',
    );
  }

  /** Reports skipped layers, once per callback. */
  #chosen(): PenalizedWeight[] {
    return penalizedWeights(this.#fit.owner, this.#fit.model, this.#penalty, this.#selector, this);
  }

  /** Where the fit stands, if a target is laid over it. */
  get #progress(): Progress {
    return {step: this.#steps.step, steps: this.#steps.stepsOfFit ?? Infinity};
  }

  get #penalized(): PenalizedModel {
    return {owner: this.#fit.owner, model: this.#fit.model, weights: this.#weights};
  }

  get #training(): PenalizedTraining {
    const {step} = this.#steps;
    const strength = this.#target?.strength ?? expectNumber(`strength(${step})`, this.#strength(step), {min: 0});
    const pulls = this.#target?.pulls ?? [];
    return {...this.#penalized, step, strength, pulls};
  }
}
