import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, expectOptions, isList, received} from '../src/math/expect.js';
import {addLoss, penaltyOn, tryPenalty} from '../src/penalties/add-penalty.js';
import type {PenalisedWeight, Penalty} from '../src/penalties/penalty.js';
import {PENALTY_OPTIONS, PenaltyCallback, type PenaltyCallbackArgs} from './penalty-callback.js';

/** Options of {@link ScheduledPenalty}. */
export interface ScheduledPenaltyArgs extends PenaltyCallbackArgs {
  /**
   * Of a penalty that chooses what it bears down on (`selectiveWeightDecay`, `growingRegularization`): every how many steps
   * it does so. Defaults to what the penalty asks for, 1 for most.
   */
  frequency?: number;
}

/**
 * Adds a penalty to the loss while the model trains, with a strength that goes by the step.
 *
 *     loss + strength(step) * sum over the weights of penalty(w)
 *
 * It is put on when a `fit` begins and taken off when it ends; see {@link addPenalty} for what it is put on, and for where the
 * loss is seen. A `fit` that fails leaves it on until the next one with this callback, or `remove()`.
 *
 * @throws TypeError or RangeError from the constructor where an option is unknown or wrong; from `fit` where `layers` matches
 *     nothing, the penalty gives no scalar, or the strength is no number >= 0.
 *
 * @example
 * const strength = step => 1e-4 * Math.min(1, step / 1000); // warms up
 * await model.fit(x, y, {epochs: 5, callbacks: [new ScheduledPenalty({penalty: l1({strength: 1}), strength})]});
 */
export class ScheduledPenalty extends PenaltyCallback {
  readonly #frequency: number;
  #weights: readonly PenalisedWeight[] = [];
  #strength = 0;
  #choice: {step: number; values: readonly Float32Array[]} | undefined;
  #coefficients: tf.Tensor[] = [];
  #takeOff: (() => void) | undefined;

  constructor(args: ScheduledPenaltyArgs) {
    super(expectOptions('ScheduledPenalty', args, [...PENALTY_OPTIONS, 'frequency']));
    const {frequency = this.penalty.chooseEvery ?? 1} = args;
    this.#frequency = expectInteger('frequency', frequency, {min: 1});
  }

  /** Takes the penalty off the model: after a `fit` that failed, or before the end of one. */
  remove(): void {
    this.#takeOff?.();
    this.#takeOff = undefined;
    tf.dispose(this.#coefficients);
    this.#coefficients = [];
  }

  override reset(step = 0): void {
    super.reset(step);
    this.#choice = undefined;
  }

  override async onTrainBegin(): Promise<void> {
    this.remove(); // first: a fit that is refused must leave nothing on the model
    await super.onTrainBegin();
    this.#takeOver(this.chosenWeights());
    await this.#prepareStep();
    this.#takeOff = addLoss(this.trainedModel, () => this.#term());
  }

  override async onBatchBegin(batch: number): Promise<void> {
    await super.onBatchBegin(batch);
    await this.#prepareStep();
  }

  override async onTrainEnd(): Promise<void> {
    await super.onTrainEnd();
    this.remove();
  }

  /** What was chosen is for the weights that it was chosen for: it goes on from fit to fit as long as they are the same. */
  #takeOver(weights: readonly PenalisedWeight[]): void {
    const before = this.#weights;
    const areSame = weights.length === before.length && weights.every((one, i) => one.variable === before[i]!.variable);
    if (!areSame) this.#choice = undefined;
    this.#weights = weights;
  }

  /** tf.js tells no callback of a `fit` that failed: what fails here must leave the model by itself. */
  async #prepareStep(): Promise<void> {
    try {
      this.#strength = this.strengthNow();
      if (this.penalty.choose) await this.#choose(this.penalty.choose);
      if (!this.#takeOff) tryPenalty(this.#weights, this.penalty, this.#coefficients);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** What was chosen in an earlier `fit` holds until it is time for the next choice. */
  async #choose(choose: NonNullable<Penalty['choose']>): Promise<void> {
    const {step} = this;
    const isDue = !this.#choice || (step !== this.#choice.step && step % this.#frequency === 0);
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
