import * as tf from '@tensorflow/tfjs-core';
import type {ObservingCriterion} from '../criteria/criterion.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {Evidence} from './evidence.js';
import type {StoredTensor} from './stored-tensor.js';
import {Sums} from './sums.js';
import {watchCurvature} from './watch-curvature.js';
import {watchGradients} from './watch-gradients.js';
import {watchInputs} from './watch-inputs.js';
import type {Calls, Watch} from './watch.js';

/** What is summed up so far, for each weight in the observer's order; undefined for weights that were not seen. */
export interface Gathered<Sum> {
  readonly passes: number;
  readonly sums: readonly (Sum | undefined)[];
}

const WATCHES = {gradients: watchGradients, curvature: watchCurvature, inputs: watchInputs};

/**
 * Gathers what a criterion observes of some weights, summed over the passes. A criterion of gradients sees each pass at
 * its end, with the kernel from before the optimizer's step.
 *
 * All sums belong to the observer: `dispose` it.
 *
 * @throws RangeError, with the weight's name, if the criterion sees inputs and a weight does not multiply its layer's.
 *
 * @example
 * const observer = new Observer(weights, taylor());
 * observer.start();
 * await model.trainOnBatch(xs, ys);
 * observer.endPass();
 * const sum = observer.evidence.get(weights[0]);
 */
export class Observer {
  /** The observed weights. */
  readonly weights: readonly MaskedWeight[];
  readonly #criterion: ObservingCriterion;
  readonly #watch: Watch;
  readonly #sums = new Sums();
  #stops: (() => void)[] | undefined;
  #passes = 0;

  constructor(weights: readonly MaskedWeight[], criterion: ObservingCriterion) {
    this.weights = weights;
    this.#criterion = criterion;
    this.#watch = (WATCHES[criterion.sees] as (criterion: ObservingCriterion) => Watch)(criterion);
    for (const weight of weights) this.#watch.start(weight, 'all')(); // a weight that can't be seen says why
  }

  /** How many passes are summed up, since the beginning or the last `reset`. */
  get passes(): number {
    return this.#passes;
  }

  /** The sum for each weight that was seen. The tensors live until the next pass or `reset`. */
  get evidence(): Evidence {
    return this.#sums.all;
  }

  /** Whether it sees backward passes, which take a loss and targets. */
  get isBackward(): boolean {
    return this.#watch.isBackward;
  }

  /** Whether it observes exactly these weights, in this order. */
  observesJust(weights: readonly MaskedWeight[]): boolean {
    return weights.length === this.weights.length && weights.every((weight, i) => weight === this.weights[i]);
  }

  /**
   * Begins or continues to observe.
   *
   * @param calls in which calls inputs are seen: only those in training, as `fit` makes them, or all.
   */
  start(calls: Calls = 'training'): void {
    this.#stops ??= this.weights.map(weight => this.#watch.start(weight, calls));
  }

  /** Stops observing until the next `start`; drops an unfinished pass and keeps the sums. */
  stop(): void {
    this.#stops?.forEach(stop => stop());
    this.#stops = undefined;
    this.#watch.clear();
  }

  /**
   * Runs and observes a pass, forward and backward; for a criterion of curvature three times, which must be alike.
   * Other criteria also see passes that are run elsewhere, as by `fit`.
   */
  watch(pass: () => void): void {
    this.#watch.run(pass);
  }

  /**
   * Adds what the pass has shown to the sums; call it after each pass.
   *
   * @throws TypeError if the criterion sees curvature and the pass was not run by `watch`.
   */
  endPass(): void {
    tf.tidy(() => {
      const observed = this.#watch.observed();
      if (observed.size > 0) this.#passes++;
      for (const [weight, value] of observed) this.#sums.add(weight, value);
    });
    this.#watch.clear();
  }

  /** Whether the sums are kept after an update of the masks. */
  get remembers(): boolean {
    return this.#criterion.remembers === true;
  }

  /** Called after an update of the masks: resets the sums, unless they are kept. */
  masksUpdated(): void {
    if (!this.remembers) this.reset();
  }

  /** What is summed up so far; the tensors are the caller's. An unfinished pass does not count. */
  gathered(): Gathered<tf.Tensor> {
    return {passes: this.#passes, sums: this.#sums.copies(this.weights)};
  }

  /** Continues from what an observer of the same weights had gathered. */
  takeOver({passes, sums}: Gathered<StoredTensor>): void {
    this.reset();
    this.#passes = passes;
    sums.forEach((sum, i) => sum && this.#sums.set(this.weights[i]!, sum));
  }

  /** Moves the sums off the backend, so that no tensor is left there until they are needed again. */
  async rest(): Promise<void> {
    this.stop();
    await this.#sums.rest();
  }

  /** The same, synchronously. @throws Error on a backend that can't download synchronously; no sum is lost then. */
  restNow(): void {
    this.stop();
    this.#sums.restNow();
  }

  /** Resets all sums. */
  reset(): void {
    this.#watch.clear();
    this.#sums.clear();
    this.#passes = 0;
  }

  /** Stops, and disposes all tensors. */
  dispose(): void {
    this.stop();
    this.reset();
  }
}
