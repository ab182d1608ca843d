import * as tf from '@tensorflow/tfjs-core';
import type {Criterion} from '../criteria/criterion.js';
import {hessianTimesGradient} from '../criteria/hessian-times-gradient.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {received} from '../options/expect.js';
import {storedTensor, storedTensorNow, tensorOf, type StoredTensor} from './stored-tensor.js';

/** A backward pass that is not over: the kernel that it computes with, and the parts of its gradient so far. */
interface OpenPass {
  readonly kernel: tf.Tensor;
  gradient: tf.Tensor;
}

/** What was summed up so far, for each weight in the observer's order; undefined where there was nothing. */
export interface Gathered<Sum> {
  readonly passes: number;
  readonly sums: readonly (Sum | undefined)[];
}

/** Whether a criterion goes by what it observes, and so needs passes before it can score. */
export function observes(criterion: Criterion): boolean {
  return criterion.observe !== undefined || criterion.observeInput !== undefined;
}

/** The error for a criterion of second order where passes are run only once. */
export function secondOrder(expected: string): TypeError {
  return new TypeError(
    `A criterion of second order, such as grasp(), expects ${expected}, three times on each batch; ` +
      'use it in PruneAtInitialization, or in pruneOnce with `data`',
  );
}

/**
 * Gathers for a criterion what it observes of some weights, summed over the passes.
 *
 * A kernel of a shared layer gets its gradient in parts, one for each use: the
 * criterion sees their sum, at the end of the pass, with the kernel of before the optimizer's step.
 *
 * All sums belong to the observer: `dispose` it.
 *
 * @throws TypeError where the criterion observes nothing, or both gradients and inputs; RangeError, with the weight's
 *     name, where it observes inputs and a weight does not see its layer's.
 *
 * @example
 * const observer = new Observer(weights, taylor());
 * observer.start();
 * await model.trainOnBatch(xs, ys);
 * observer.endPass();
 * const sum = observer.observed(weights[0]);
 */
export class Observer {
  /** What it observes. */
  readonly weights: readonly MaskedWeight[];
  readonly #criterion: Criterion;
  readonly #open = new Map<MaskedWeight, OpenPass>();
  readonly #sums = new Map<MaskedWeight, tf.Tensor>();
  readonly #stored = new Map<MaskedWeight, StoredTensor>();
  /** What the pass that is not over has shown of inputs. */
  readonly #inputs = new Map<MaskedWeight, tf.Tensor>();
  #stops: (() => void)[] | undefined;
  #passes = 0;
  #isFirstOrder = false;

  constructor(weights: readonly MaskedWeight[], criterion: Criterion) {
    if (!observes(criterion))
      throw new TypeError('Expected a criterion that observes gradients or inputs, got one with neither');
    if (criterion.observe && criterion.observeInput) {
      throw new TypeError('Expected a criterion that observes either gradients or inputs, got one with both');
    }
    // A tap that is refused says why.
    if (criterion.observeInput) for (const weight of weights) weight.tapInput(() => undefined)();
    this.weights = weights;
    this.#criterion = criterion;
  }

  /** How many passes were summed up since the beginning or the last `reset`. */
  get passes(): number {
    return this.#passes;
  }

  /** Whether its criterion observes gradients, and not inputs. */
  get observesGradients(): boolean {
    return this.#criterion.observe !== undefined;
  }

  /** Whether it observes just these weights, in this order. */
  observesJust(weights: readonly MaskedWeight[]): boolean {
    return weights.length === this.weights.length && weights.every((weight, i) => weight === this.weights[i]);
  }

  /**
   * Begins to look, or goes on.
   *
   * @param inputs of which calls inputs are observed: of those in training alone, as `fit` makes them, or of all.
   *     Gradients are always observed.
   */
  start({inputs = 'training'}: {inputs?: 'training' | 'all'} = {}): void {
    if (this.#stops) return;
    this.#stops = this.weights.map(weight => {
      if (this.#criterion.observe) return weight.tap(gradient => this.#addPart(weight, gradient));
      return weight.tapInput((input, training) => {
        if (training || inputs === 'all') this.#addInput(weight, input);
      });
    });
  }

  /** Looks away until the next `start`; a pass that is not over is forgotten, what was summed up stays. */
  stop(): void {
    this.#stops?.forEach(stop => stop());
    this.#stops = undefined;
    this.#closePass();
  }

  /**
   * Runs a pass, forward and backward, and looks on. For a criterion of second order it is run three times, twice of
   * them with displaced kernels: it must be the same each time, on the same batch and without chance. For all others a
   * pass may as well be run by anyone, as `fit` does.
   */
  watch(pass: () => void): void {
    pass();
    if (this.#criterion.secondOrder !== true) return;
    tf.tidy(() => {
      const products = hessianTimesGradient(this.#takeGradients(), () => {
        pass();
        return this.#takeGradients();
      });
      for (const [weight, product] of products) this.#addPart(weight, product);
    });
    this.#isFirstOrder = false;
  }

  /**
   * Sums up what the pass has shown: call it after each.
   *
   * @throws TypeError where the criterion is one of second order, and the pass was not run by `watch`.
   */
  endPass(): void {
    if (this.#isFirstOrder && this.#criterion.secondOrder === true) throw secondOrder('a pass that it runs itself');
    if (this.#open.size > 0 || this.#inputs.size > 0) this.#passes++;
    tf.tidy(() => {
      for (const [weight, {kernel, gradient}] of this.#open)
        this.#add(this.#summed(), weight, expectTensor(weight, this.#criterion.observe!(kernel, gradient)));
      for (const [weight, seen] of this.#inputs) this.#add(this.#summed(), weight, seen);
    });
    this.#closePass();
  }

  /** The sum of what was observed of a weight, until the next pass or `reset`; undefined where there was nothing. */
  observed(weight: MaskedWeight): tf.Tensor | undefined {
    return this.#summed().get(weight);
  }

  /** What was summed up so far; the tensors are the caller's. A pass that is not over doesn't count. */
  gathered(): Gathered<tf.Tensor> {
    const sums = this.weights.map(weight => {
      const [sum, stored] = [this.#sums.get(weight), this.#stored.get(weight)];
      return sum ? tf.clone(sum) : stored && tensorOf(stored);
    });
    return {passes: this.#passes, sums};
  }

  /** Goes on from what an observer of the same weights had gathered. */
  takeOver({passes, sums}: Gathered<StoredTensor>): void {
    this.reset();
    this.#passes = passes;
    sums.forEach((sum, i) => sum && this.#stored.set(this.weights[i]!, sum));
  }

  /** Takes the sums off the backend, so that no tensor is left there until they are needed again. */
  async rest(): Promise<void> {
    this.stop();
    for (const [weight, sum] of this.#sums) this.#stored.set(weight, await storedTensor(sum));
    this.#disposeSums();
  }

  /** The same at once. @throws Error on a backend that can't download at once; all sums stay then. */
  restNow(): void {
    this.stop();
    const stored = [...this.#sums].map(([weight, sum]) => [weight, storedTensorNow(sum)] as const);
    for (const [weight, sum] of stored) this.#stored.set(weight, sum);
    this.#disposeSums();
  }

  /** Begins all sums anew. */
  reset(): void {
    this.#closePass();
    this.#disposeSums();
    this.#stored.clear();
    this.#passes = 0;
  }

  /** Stops, and lets all tensors go. */
  dispose(): void {
    this.stop();
    this.reset();
  }

  /** The gradients of the pass so far, which then begins anew; they belong to the tidy around. */
  #takeGradients(): Map<MaskedWeight, tf.Tensor> {
    const gradients = [...this.#open].map(([weight, {gradient}]) => [weight, tf.clone(gradient)] as const);
    this.#closePass();
    return new Map(gradients);
  }

  #addPart(weight: MaskedWeight, part: tf.Tensor): void {
    this.#isFirstOrder = true;
    const pass = this.#open.get(weight);
    if (!pass) {
      // Clones share their data: the optimizer gives the variable another value, and leaves this one be.
      this.#open.set(weight, {kernel: tf.keep(tf.clone(weight.kernel.read())), gradient: tf.keep(tf.clone(part))});
      return;
    }
    const sum = tf.keep(tf.add(pass.gradient, part));
    pass.gradient.dispose();
    pass.gradient = sum;
  }

  #addInput(weight: MaskedWeight, input: tf.Tensor): void {
    tf.tidy(() =>
      this.#add(
        this.#inputs,
        weight,
        untaped(input, () => this.#criterion.observeInput!(input)),
      ),
    );
  }

  /** To be called in a tidy. */
  #add(sums: Map<MaskedWeight, tf.Tensor>, weight: MaskedWeight, seen: tf.Tensor): void {
    const before = sums.get(weight);
    if (before && !tf.util.arraysEqual(before.shape, seen.shape)) {
      throw new RangeError(
        `Expected the criterion to observe of "${weight.name}" what is always of the same shape, ` +
          `got [${seen.shape.join()}] after [${before.shape.join()}]`,
      );
    }
    sums.set(weight, tf.keep(before ? tf.add(before, seen) : tf.clone(seen)));
    before?.dispose();
  }

  #closePass(): void {
    for (const {kernel, gradient} of this.#open.values()) tf.dispose([kernel, gradient]);
    this.#open.clear();
    tf.dispose([...this.#inputs.values()]);
    this.#inputs.clear();
    this.#isFirstOrder = false;
  }

  /** The sums, on the backend again. */
  #summed(): Map<MaskedWeight, tf.Tensor> {
    for (const [weight, stored] of this.#stored) this.#sums.set(weight, tf.keep(tensorOf(stored)));
    this.#stored.clear();
    return this.#sums;
  }

  #disposeSums(): void {
    for (const sum of this.#sums.values()) sum.dispose();
    this.#sums.clear();
  }
}

function expectTensor({name}: MaskedWeight, seen: tf.Tensor): tf.Tensor {
  if ((seen as unknown) instanceof tf.Tensor) return seen;
  throw new TypeError(`Expected the criterion to observe a tensor of "${name}", got ${received(seen)}`);
}

/**
 * What is computed of a tensor that nobody differentiates: else tf.js would keep what its gradient needs until the pass
 * is over.
 */
function untaped(tensor: tf.Tensor, compute: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({value: compute(), gradFunc: () => tf.zerosLike(tensor)}))(tensor);
}
