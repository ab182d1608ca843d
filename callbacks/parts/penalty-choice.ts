import type * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../../src/math/size-of.js';
import {expectInteger, isList, received} from '../../src/options/expect.js';
import type {PenalizedWeight, Penalty} from '../../src/penalties/penalty.js';
import type {CallbackState, Remembering} from './callback-state.js';
import {ElementValues} from './element-values.js';

type Choose = NonNullable<Penalty['choose']>;

/**
 * The weights that a penalty has chosen to drive to zero. A choice lasts until the next one is due, also from fit to
 * fit as long as the model's weights are the same.
 */
export class PenaltyChoice implements Remembering {
  readonly #frequency: number;
  readonly #choice = new ElementValues('choice', 'what was chosen');
  #weights: readonly PenalizedWeight[] = [];
  /** The step of the choice. */
  #chosenAt = 0;

  /** @param frequency the steps from one choice to the next. */
  constructor(frequency: number) {
    this.#frequency = expectInteger('frequency', frequency, {min: 1});
  }

  /** The chosen coefficients, a tensor for each weight; empty if there are none. */
  get coefficients(): readonly tf.Tensor[] {
    return this.#choice.tensors;
  }

  /**
   * Called when a fit begins, with the weights that are penalized.
   *
   * @throws RangeError if the restored state is of other weights.
   */
  begin(owner: string, weights: readonly PenalizedWeight[]): void {
    this.#choice.begin(owner, weights);
    this.#weights = weights;
  }

  /** Chooses if it is due; an earlier choice holds until a batch begins, since weights may change before. */
  async chooseIfDue(choose: Choose, step: number, {inBatch}: {inBatch: boolean}): Promise<void> {
    const {values, tensors} = this.#choice;
    const isDue = !values || (inBatch && step !== this.#chosenAt && step % this.#frequency === 0);
    if (!isDue) {
      if (tensors.length === 0) this.#choice.upload();
      return;
    }
    this.#choice.set(await this.#chosen(choose, step));
    this.#chosenAt = step;
  }

  /** Disposes the tensors. */
  release(): void {
    this.#choice.release();
  }

  /** Forgets the choice. */
  reset(): void {
    this.#choice.reset();
    this.#chosenAt = 0;
  }

  state(): CallbackState {
    const {json, tensors} = this.#choice.state();
    return {json: {...json, chosenAt: this.#chosenAt}, tensors};
  }

  async restore(state: CallbackState): Promise<void> {
    const chosenAt = expectInteger('chosenAt', state.json['chosenAt'] as number);
    await this.#choice.restore(state);
    this.#chosenAt = chosenAt;
  }

  async #chosen(choose: Choose, step: number): Promise<readonly Float32Array[]> {
    const values = await choose(this.#weights, {step, previous: this.#choice.values});
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
