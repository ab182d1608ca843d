import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expectOptions, received} from '../src/options/expect.js';
import {learningRateOf} from '../src/optimizers/learning-rate.js';
import {besideMasked, readWeight} from '../src/penalties/penalized-weights.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import {assign} from '../src/tfjs-internals.js';
import type {CallbackState, CallbackTraits, ResumableCallback} from './parts/callback-state.js';
import {EventLoopPauses} from './parts/event-loop-pauses.js';
import {FitGuard} from './parts/fit-guard.js';
import {PENALTY_OPTIONS, PenaltyOnLayers, type PenaltyCallbackArgs} from './parts/penalty-on-layers.js';
import {StateKeeper} from './parts/state-keeper.js';
import {StepCounter} from './parts/step-counter.js';

/** Options of {@link ProximalPenalty}. */
export type ProximalPenaltyArgs = PenaltyCallbackArgs;

/**
 * Makes a penalty small by its proximal operator, after each step that the optimizer has made for the loss alone: of
 * `l1` and `groupLasso` weights and groups become exactly zero, where a penalty in the loss lets them swing around it.
 *
 *     w <- argmin over v of strength(step) * penalty(v) + |v - w|^2 / (2 * learning rate)
 *
 * How far it gets is a matter of learning rate x strength x steps: that much `l1` takes from each weight that the loss
 * does not hold, and `groupLasso` sqrt(|g|) times that from the norm of a group. What is to be gone after 1000 steps at
 * a rate of 0.001, and is of size 0.05, wants a strength of 0.05.
 *
 * The loss in the logs does not include the penalty. What is zero may come back by the next step; mask it, when you
 * like, by `pruneByThreshold(model, {gap: true})`. With an optimizer that adapts its steps, such as Adam, the learning
 * rate is the step all the same. Parikh & Boyd 2014, https://web.stanford.edu/~boyd/papers/prox_algs.html
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong, or the penalty has no
 *     proximal operator; from `fit` where `layers` matches nothing, the optimizer has no learning rate, or the operator
 *     gives another shape.
 *
 * @example
 * await model.fit(x, y, {callbacks: [new ProximalPenalty({penalty: groupLasso({strength: 1e-3})})]});
 */
export class ProximalPenalty extends tfl.Callback implements ResumableCallback, CallbackTraits {
  /** The length of the proximal step is the optimizer's learning rate. */
  readonly needsOptimizer = true;
  readonly #penalty: PenaltyOnLayers;
  readonly #proximal: NonNullable<Penalty['proximal']>;
  readonly #fit: FitGuard;
  readonly #steps: StepCounter;
  readonly #states: StateKeeper;
  readonly #pauses = new EventLoopPauses();
  #weights: readonly PenalizedWeight[] = [];

  constructor(args: ProximalPenaltyArgs) {
    super();
    this.#penalty = new PenaltyOnLayers(expectOptions('ProximalPenalty', args, PENALTY_OPTIONS));
    this.#proximal = expectProximal(this.#penalty.penalty);
    this.#steps = new StepCounter(args);
    this.#fit = new FitGuard(this, {
      expectFitting: before => {
        this.#steps.expectListedOnce(this.#fit, before);
        this.#penalty.weightsIn(this.#fit);
      },
    });
    this.#states = new StateKeeper(this.#fit, args, [this.#steps]);
  }

  /** Steps completed since training began, over all `fit` calls; part of `state()`. */
  get step(): number {
    return this.#steps.step;
  }

  /** Starts counting anew, for another training. */
  reset(step = 0): void {
    this.#steps.reset(step);
  }

  state(): Promise<CallbackState> {
    return this.#states.state();
  }

  restore(state: CallbackState): Promise<void> {
    return this.#states.restore(state);
  }

  override onTrainBegin(): Promise<void> {
    this.#pauses.begin();
    this.#weights = this.#penalty.weightsIn(this.#fit);
    learningRateOf(this.#fit.model.optimizer);
    return Promise.resolve();
  }

  override async onBatchEnd(_batch?: number): Promise<void> {
    const step = learningRateOf(this.#fit.model.optimizer) * this.#penalty.strengthAt(this.step);
    if (step > 0) tf.tidy(() => this.#apply(step));
    this.#steps.completed('batch');
    await this.#pauses.pauseIfDue();
  }

  override onEpochEnd(_epoch: number): Promise<void> {
    this.#steps.completed('epoch');
    return Promise.resolve();
  }

  #apply(step: number): void {
    const values = this.#weights.map(weight => {
      const value = this.#proximal(readWeight(weight), weight.layout, step);
      return besideMasked(weight, expectLike(weight, value));
    });
    this.#weights.forEach((weight, i) => assign(weight.variable, values[i]!));
  }
}

function expectProximal({proximal}: Penalty): NonNullable<Penalty['proximal']> {
  if (typeof proximal === 'function') return proximal;
  throw new TypeError(
    'ProximalPenalty expects a penalty with a proximal operator, such as l1() or groupLasso(); ' +
      'put others on the model with addPenalty or ScheduledPenalty',
  );
}

/**
 * A tensor of its own, also where the operator leaves the weight alone and returns it: a variable can't be assigned to
 * itself.
 */
function expectLike({layout: {name, shape}}: PenalizedWeight, value: tf.Tensor): tf.Tensor {
  if ((value as unknown) instanceof tf.Tensor && tf.util.arraysEqual(value.shape, [...shape])) return tf.clone(value);
  const came = (value as unknown) instanceof tf.Tensor ? `one of shape [${value.shape.join()}]` : received(value);
  throw new TypeError(
    `Expected the proximal operator to give a tensor of shape [${shape.join()}] for "${name}", got ${came}`,
  );
}
