import * as tf from '@tensorflow/tfjs-core';
import {expectInteger, isList, received} from '../../src/options/expect.js';
import type {PenalizedWeight, Penalty} from '../../src/penalties/penalty.js';
import type {CallbackState, Remembering} from './callback-state.js';
import {expectSameWeights, storedUnder, tensorsUnder} from './expect-state.js';
import {sizeOf} from '../../src/math/size-of.js';

type Choose = NonNullable<Penalty['choose']>;

/**
 * The weights that a penalty has chosen to drive to zero. A choice lasts until the next one is due, also from fit to
 * fit as long as the model's weights are the same.
 */
export class PenaltyChoice implements Remembering {
  readonly #frequency: number;
  #weights: readonly PenalizedWeight[] = [];
  #choice: {step: number; values: readonly Float32Array[]} | undefined;
  /** The names of the weights of a restored choice. */
  #restored: readonly string[] | undefined;
  #coefficients: tf.Tensor[] = [];

  /** @param frequency the steps from one choice to the next. */
  constructor(frequency: number) {
    this.#frequency = expectInteger('frequency', frequency, {min: 1});
  }

  /** The chosen coefficients, a tensor for each weight; empty if there are none. */
  get coefficients(): readonly tf.Tensor[] {
    return this.#coefficients;
  }

  /**
   * Called when a fit begins, with the weights that are penalized.
   *
   * @throws RangeError if the restored state is of other weights.
   */
  begin(owner: string, weights: readonly PenalizedWeight[]): void {
    const before = this.#weights;
    if (this.#restored) expectSameWeights(owner, 'what was chosen', this.#restored, namesOf(weights));
    const areSame = weights.length === before.length && weights.every((one, i) => one.variable === before[i]!.variable);
    if (!this.#restored && !areSame) this.#choice = undefined;
    this.#restored = undefined;
    this.#weights = weights;
  }

  /** Chooses if it is due; an earlier choice holds until a batch begins, since weights may change before. */
  async chooseIfDue(choose: Choose, step: number, {inBatch}: {inBatch: boolean}): Promise<void> {
    const isDue = !this.#choice || (inBatch && step !== this.#choice.step && step % this.#frequency === 0);
    if (!isDue && this.#coefficients.length > 0) return;
    if (isDue) this.#choice = {step, values: await this.#chosen(choose, step)};
    this.release();
    this.#coefficients = this.#weights.map(({layout}, i) => tf.tensor(this.#choice!.values[i]!, [...layout.shape]));
  }

  /** Disposes the tensors. */
  release(): void {
    tf.dispose(this.#coefficients);
    this.#coefficients = [];
  }

  /** Forgets the choice. */
  reset(): void {
    this.#choice = this.#restored = undefined;
  }

  state(): CallbackState {
    if (!this.#choice) return {json: {choice: null}, tensors: {}};
    const {step, values} = this.#choice;
    const names = this.#restored ?? namesOf(this.#weights);
    const tensors = values.map(each => tf.tensor1d(each));
    return {json: {choice: {step, names}}, tensors: tensorsUnder('choice', names, tensors)};
  }

  async restore(state: CallbackState): Promise<void> {
    const {choice} = state.json as unknown as {choice: {step: number; names: readonly string[]} | null};
    this.reset();
    if (choice === null) return;
    const values = (await storedUnder('choice', choice, state)).map(one => one!.values as Float32Array);
    this.#choice = {step: expectInteger('choice.step', choice.step), values};
    this.#restored = choice.names;
  }

  async #chosen(choose: Choose, step: number): Promise<Float32Array[]> {
    const values = await choose(this.#weights, {step, previous: this.#choice?.values});
    if (!isList(values)) {
      throw new TypeError(`Expected the penalty to choose an array for each weight, got ${received(values)}`);
    }
    this.#weights.forEach(({layout: {name, shape}}, i) => {
      const size = sizeOf(shape);
      if ((values[i] as unknown) instanceof Float32Array && values[i]!.length === size) return;
      throw new TypeError(
        `Expected the penalty to choose ${size} values for "${name}" in a Float32Array, got ${received(values[i])}`,
      );
    });
    return values;
  }
}

function namesOf(weights: readonly PenalizedWeight[]): string[] {
  return weights.map(({layout}) => layout.name);
}
