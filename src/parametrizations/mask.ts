import * as tf from '@tensorflow/tfjs-core';
import {assign, canReadAtOnce, identityOf, valueIdentity, type LayerVariable} from '../tfjs-internals.js';
import {expectMaskValues} from './mask-values.js';
import type {Parametrization} from './parametrization.js';

/**
 * The first parametrization of every wrapped weight: `weight * mask`. No gradient reaches masked weights.
 *
 * Work that would change nothing is skipped, by the identities of the last known values: a mask that is all ones, or a
 * weight that is already zero wherever the mask is. Any write to a variable changes its identity, so a value from
 * elsewhere (a file, `setWeights`, an optimizer) is never mistaken for a known one.
 */
export class Mask implements Parametrization {
  /** Float32, of the weight's shape: 1 = kept, 0 = pruned. */
  readonly variable: LayerVariable;
  readonly #weightName: string;
  #dense: object;
  #sound: object;
  #product: object | undefined;
  #maskOfProduct: object | undefined;

  /** @param variable must be all ones. */
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

  /** Whether masking may change a weight: false for a known product. */
  changes(weight: tf.Tensor): boolean {
    const isProduct = identityOf(weight) === this.#product && valueIdentity(this.variable) === this.#maskOfProduct;
    return !isProduct && !this.isDense;
  }

  /** Notes that a weight is zero wherever the mask is. */
  noteProduct(weight: tf.Tensor): void {
    this.#product = identityOf(weight);
    this.#maskOfProduct = valueIdentity(this.variable);
  }

  /** Replaces the mask. */
  set(mask: tf.Tensor, {isDense}: {isDense: boolean}): void {
    assign(this.variable, mask);
    if (isDense) this.#dense = valueIdentity(this.variable);
  }

  /**
   * Checks that the mask holds only 0 and 1, since any code may have written to it. A value that was checked before is
   * not downloaded again. Where the backend can't read at once, the check is left to `values`.
   *
   * @throws RangeError that names the weight and the likely cause.
   */
  expectSound(): void {
    const identity = valueIdentity(this.variable);
    if (identity === this.#sound || !canReadAtOnce()) return;
    this.#examine(identity, this.variable.read().dataSync<'float32'>());
  }

  /**
   * The values of the mask, downloaded.
   *
   * @throws what {@link expectSound} throws.
   */
  async values(): Promise<Float32Array> {
    const identity = valueIdentity(this.variable);
    const values = (await this.variable.read().data()) as Float32Array;
    if (identity !== this.#sound) this.#examine(identity, values);
    return values;
  }

  #examine(identity: object, values: Float32Array): void {
    expectMaskValues(this.#weightName, values);
    this.#sound = identity;
    if (values.every(value => value === 1)) this.#dense = identity;
  }
}
