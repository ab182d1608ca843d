import * as tf from '@tensorflow/tfjs-core';
import {assign, canReadAtOnce, identityOf, valueIdentity, type LayerVariable} from '../tfjs-internals.js';
import {expectMaskValues} from './mask-values.js';
import type {Parametrization} from './parametrization.js';

/**
 * The first parametrization of every wrapped weight: `weight * mask`. Gradients stop at what is masked.
 *
 * The identities of the last known values save the work that would change nothing: a mask that is all ones, or a weight
 * that is zero already wherever the mask is. Whoever writes to a variable changes its identity, so a value that came
 * from elsewhere (a file, `setWeights`, an optimizer) is never taken for a known one.
 */
export class Mask implements Parametrization {
  /** Float32, of the weight's shape: 1 = kept, 0 = pruned. */
  readonly variable: LayerVariable;
  readonly #weightName: string;
  #dense: object;
  #sound: object;
  #product: object | undefined;
  #maskOfProduct: object | undefined;

  /** @param variable must hold ones. */
  constructor(variable: LayerVariable, weightName: string) {
    this.variable = variable;
    this.#weightName = weightName;
    this.#dense = this.#sound = valueIdentity(variable);
  }

  apply(weight: tf.Tensor): tf.Tensor {
    if (this.isDense) return weight;
    return tf.customGrad(value => ({
      value: this.changes(weight) ? tf.mul(value as tf.Tensor, this.variable.read()) : tf.clone(value as tf.Tensor),
      gradFunc: dy => tf.mul(dy, this.variable.read()),
    }))(weight);
  }

  /** Whether the mask is known to be all ones. */
  get isDense(): boolean {
    return valueIdentity(this.variable) === this.#dense;
  }

  /** Whether a weight may be another one once it is masked: false for a known product. */
  changes(weight: tf.Tensor): boolean {
    const isProduct = identityOf(weight) === this.#product && valueIdentity(this.variable) === this.#maskOfProduct;
    return !isProduct && !this.isDense;
  }

  /** Notes that a weight is zero wherever the mask is. */
  noteProduct(weight: tf.Tensor): void {
    this.#product = identityOf(weight);
    this.#maskOfProduct = valueIdentity(this.variable);
  }

  /** Takes over another mask. */
  set(mask: tf.Tensor, {isDense}: {isDense: boolean}): void {
    assign(this.variable, mask);
    if (isDense) this.#dense = valueIdentity(this.variable);
  }

  /**
   * Expects the mask to hold only 0 and 1: it may have come from anywhere. A value that was checked before is not
   * downloaded again. Where the backend can't read at once, the check is left to `values`.
   *
   * @throws RangeError that names the weight and what may have happened.
   */
  expectSound(): void {
    const identity = valueIdentity(this.variable);
    if (identity === this.#sound || !canReadAtOnce()) return;
    expectMaskValues(this.#weightName, this.variable.read().dataSync<'float32'>());
    this.#sound = identity;
  }

  /**
   * The values of the mask, downloaded.
   *
   * @throws what {@link expectSound} throws.
   */
  async values(): Promise<Float32Array> {
    const identity = valueIdentity(this.variable);
    const values = (await this.variable.read().data()) as Float32Array;
    if (identity !== this.#sound) expectMaskValues(this.#weightName, values);
    this.#sound = identity;
    return values;
  }
}
