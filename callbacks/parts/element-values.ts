import * as tf from '@tensorflow/tfjs-core';
import type {PenalizedWeight} from '../../src/penalties/penalty.js';
import type {CallbackState, Remembering} from './callback-state.js';
import {expectSameWeights, storedUnder, tensorsUnder} from './expect-state.js';

interface Named {
  readonly names: readonly string[];
  readonly values: readonly Float32Array[];
}

/**
 * A number for each element of the weights: tensors within a fit, arrays from fit to fit as long as the model's weights
 * are the same.
 */
export class ElementValues implements Remembering {
  readonly #heading: string;
  readonly #what: string;
  #weights: readonly PenalizedWeight[] = [];
  #known: Named | undefined;
  #isRestored = false;
  #tensors: tf.Tensor[] = [];

  /**
   * @param heading names them in the state.
   * @param what they are, for messages.
   */
  constructor(heading: string, what: string) {
    this.#heading = heading;
    this.#what = what;
  }

  /** The values, an array for each weight; undefined if there are none. */
  get values(): readonly Float32Array[] | undefined {
    return this.#known?.values;
  }

  /** A tensor for each weight; empty if there are none. */
  get tensors(): readonly tf.Tensor[] {
    return this.#tensors;
  }

  /**
   * Called when a fit begins, with its weights.
   *
   * @throws RangeError if the restored state is of other weights.
   */
  begin(owner: string, weights: readonly PenalizedWeight[]): void {
    const before = this.#weights;
    if (this.#isRestored) expectSameWeights(owner, this.#what, this.#known!.names, namesOf(weights));
    const areSame = weights.length === before.length && weights.every((one, i) => one.variable === before[i]!.variable);
    if (!this.#isRestored && !areSame) this.#known = undefined;
    this.#isRestored = false;
    this.#weights = weights;
  }

  /** Takes new values, an array for each weight, and uploads them. */
  set(values: readonly Float32Array[]): void {
    this.#known = {names: namesOf(this.#weights), values};
    this.upload();
  }

  /** Makes tensors of what is known. */
  upload(): void {
    this.release();
    const {values = []} = this.#known ?? {};
    this.#tensors = values.map((each, i) => tf.tensor(each, [...this.#weights[i]!.layout.shape]));
  }

  /** Disposes the tensors. */
  release(): void {
    tf.dispose(this.#tensors);
    this.#tensors = [];
  }

  /** Forgets the values. */
  reset(): void {
    this.#known = undefined;
    this.#isRestored = false;
  }

  state(): CallbackState {
    if (!this.#known) return {json: {[this.#heading]: null}, tensors: {}};
    const {names, values} = this.#known;
    const tensors = values.map(each => tf.tensor1d(each));
    return {json: {[this.#heading]: {names}}, tensors: tensorsUnder(this.#heading, names, tensors)};
  }

  async restore(state: CallbackState): Promise<void> {
    const known = state.json[this.#heading] as {readonly names: readonly string[]} | null;
    this.reset();
    if (known === null) return;
    const values = (await storedUnder(this.#heading, known, state)).map(one => one!.values as Float32Array);
    this.#known = {names: known.names, values};
    this.#isRestored = true;
  }
}

function namesOf(weights: readonly PenalizedWeight[]): string[] {
  return weights.map(({layout}) => layout.name);
}
