import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, expectOptions, isList, received} from '../src/options/expect.js';
import {addLoss, penaltyOn, tryPenalty} from '../src/penalties/add-penalty.js';
import type {PenalizedWeight, Penalty} from '../src/penalties/penalty.js';
import type {CallbackState} from './callback-state.js';
import {expectSameWeights, storedUnder, tensorsUnder} from './expect-state.js';
import {PENALTY_OPTIONS, PenaltyCallback, type PenaltyCallbackArgs} from './penalty-callback.js';

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
export class ScheduledPenalty extends PenaltyCallback {
  readonly #frequency: number;
  #weights: readonly PenalizedWeight[] = [];
  #strength = 0;
  #choice: {step: number; values: readonly Float32Array[]} | undefined;
  /** The names of the weights that a choice is of which was made before a restart. */
  #restored: readonly string[] | undefined;
  #coefficients: tf.Tensor[] = [];
  #takeOff: (() => void) | undefined;

  constructor(args: ScheduledPenaltyArgs) {
    super(expectOptions('ScheduledPenalty', args, [...PENALTY_OPTIONS, 'frequency']));
    const {frequency = this.penalty.chooseEvery ?? 1} = args;
    this.#frequency = expectInteger('frequency', frequency, {min: 1});
  }

  /** Takes the penalty off the model before the end of a `fit`. */
  remove(): void {
    this.#takeOff?.();
    this.#takeOff = undefined;
    tf.dispose(this.#coefficients);
    this.#coefficients = [];
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#choice = undefined;
    this.#restored = undefined;
  }

  override async state(): Promise<CallbackState> {
    const {json, tensors} = await super.state();
    if (!this.#choice) return {json: {...json, choice: null}, tensors};
    const names = this.#restored ?? this.#weights.map(({layout}) => layout.name);
    const values = this.#choice.values.map(each => tf.tensor1d(each));
    const choice = {step: this.#choice.step, names};
    return {json: {...json, choice}, tensors: {...tensors, ...tensorsUnder('choice', names, values)}};
  }

  override async onTrainBegin(): Promise<void> {
    await super.onTrainBegin();
    this.#takeOver(this.chosenWeights());
    await this.#prepareStep();
    this.#takeOff = addLoss(this.trainedModel, () => this.#term());
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    await this.#prepareStep();
  }

  protected override release(): void {
    this.remove();
  }

  protected override async restoring(state: CallbackState): Promise<() => void> {
    const takeOver = await super.restoring(state);
    const {choice} = state.json as unknown as {choice: {step: number; names: readonly string[]} | null};
    const stored = choice !== null && (await storedUnder('choice', choice, state));
    if (choice !== null) expectInteger('choice.step', choice.step);
    return () => {
      takeOver();
      if (!choice || !stored) return;
      this.#choice = {step: choice.step, values: stored.map(one => one!.values as Float32Array)};
      this.#restored = choice.names;
    };
  }

  /**
   * What was chosen is for the weights that it was chosen for: it goes on from fit to fit as long as they are the same.
   */
  #takeOver(weights: readonly PenalizedWeight[]): void {
    if (this.#restored) {
      const names = weights.map(({layout}) => layout.name);
      expectSameWeights('ScheduledPenalty', 'what was chosen', this.#restored, names);
      this.#restored = undefined;
      this.#weights = weights;
      return;
    }
    const before = this.#weights;
    const areSame = weights.length === before.length && weights.every((one, i) => one.variable === before[i]!.variable);
    if (!areSame) this.#choice = undefined;
    this.#weights = weights;
  }

  async #prepareStep(): Promise<void> {
    this.#strength = this.strengthNow();
    if (this.penalty.choose) await this.#choose(this.penalty.choose);
    if (!this.#takeOff) tryPenalty(this.#weights, this.penalty, this.#coefficients);
  }

  /**
   * What was chosen in an earlier `fit` holds until it is time for the next choice, and a batch begins: weights may
   * change before.
   */
  async #choose(choose: NonNullable<Penalty['choose']>): Promise<void> {
    const {step} = this;
    const isOn = this.#takeOff !== undefined;
    const isDue = !this.#choice || (isOn && step !== this.#choice.step && step % this.#frequency === 0);
    if (!isDue && this.#coefficients.length > 0) return;
    if (isDue) this.#choice = {step, values: await this.#chooseNow(choose)};
    tf.dispose(this.#coefficients);
    this.#coefficients = this.#weights.map(({layout}, i) => tf.tensor(this.#choice!.values[i]!, [...layout.shape]));
  }

  async #chooseNow(choose: NonNullable<Penalty['choose']>): Promise<Float32Array[]> {
    const values = await choose(this.#weights, {step: this.step, previous: this.#choice?.values});
    if (!isList(values))
      throw new TypeError(`Expected the penalty to choose an array for each weight, got ${received(values)}`);
    this.#weights.forEach(({layout: {name, shape}}, i) => {
      const size = tf.util.sizeFromShape([...shape]);
      if ((values[i] as unknown) instanceof Float32Array && values[i]!.length === size) return;
      throw new TypeError(
        `Expected the penalty to choose ${size} values for "${name}" in a Float32Array, got ${received(values[i])}`,
      );
    });
    return values;
  }

  #term(): tf.Scalar {
    return tf.mul(this.#strength, penaltyOn(this.#weights, this.penalty, this.#coefficients));
  }
}
