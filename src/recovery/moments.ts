import * as tf from '@tensorflow/tfjs-core';
import {DoubleSums} from './double-sums.js';

/** What least squares need of inputs and residuals, summed over all positions, for each part. */
export interface Moments {
  /** How many positions there are. */
  readonly count: number;
  /** `sum of x x^T`, `[parts, inputs, inputs]`; of x less `origin`. */
  readonly gram: Float64Array;
  /** `sum of x r^T`, `[parts, inputs, outputs]`. */
  readonly cross: Float64Array;
  /** `sum of x`, `[parts, inputs]`. */
  readonly inputs: Float64Array;
  /** `sum of r`, `[parts, outputs]`. */
  readonly residuals: Float64Array;
  /** `sum of r^2`, `[parts, outputs]`. */
  readonly squares: Float64Array;
  /** What was taken off x, `[parts, inputs]`: near the mean, or else large means would drown small differences. */
  readonly origin: Float64Array;
}

type Sum = Exclude<keyof Moments, 'count' | 'origin'>;

/** What to sum up. */
export interface MomentsArgs {
  /** Whether least squares follow: without, only the residuals are summed up. */
  readonly hasInputs: boolean;
  /** Whether inputs are taken from near their mean. */
  readonly isCentered: boolean;
}

/**
 * Sums up {@link Moments} batch by batch: products on the backend, sums over batches in double precision. No more than
 * a batch is ever held.
 */
export class MomentSums {
  readonly #args: MomentsArgs;
  readonly #sums = new DoubleSums<Sum>();
  #origin: tf.Tensor | undefined;
  #count = 0;

  constructor(args: MomentsArgs) {
    this.#args = args;
  }

  /** Notes inputs `[parts, positions, inputs]` and residuals `[parts, positions, outputs]`, in a tidy. */
  note(features: tf.Tensor3D, residuals: tf.Tensor3D | undefined): void {
    this.#count += features.shape[1];
    const ofResiduals = residuals && {residuals: tf.sum(residuals, 1), squares: tf.sum(tf.square(residuals), 1)};
    this.#sums.note({...ofResiduals, ...(this.#args.hasInputs && this.#ofInputs(features, residuals))});
  }

  #ofInputs(features: tf.Tensor3D, residuals: tf.Tensor3D | undefined): Partial<Record<Sum, tf.Tensor>> {
    if (!this.#args.isCentered) return {...products(features, residuals), inputs: tf.sum(features, 1)};
    this.#origin ??= tf.keep(tf.mean(features, 1, true));
    const moved = tf.sub(features, this.#origin);
    return {...products(moved, residuals), inputs: tf.sum(moved, 1)};
  }

  /** Downloads what was noted and adds it to the sums. */
  async add(): Promise<void> {
    await this.#sums.add();
  }

  /** The sums so far; empty where nothing was summed up. */
  async moments(): Promise<Moments> {
    const inputs = this.#sums.of('inputs');
    const origin = Float64Array.from((await this.#origin?.data()) ?? inputs.map(() => 0));
    return {
      count: this.#count,
      gram: this.#sums.of('gram'),
      cross: this.#sums.of('cross'),
      inputs,
      residuals: this.#sums.of('residuals'),
      squares: this.#sums.of('squares'),
      origin,
    };
  }

  dispose(): void {
    this.#sums.dispose();
    this.#origin?.dispose();
  }
}

function products(inputs: tf.Tensor, residuals: tf.Tensor3D | undefined): Partial<Record<Sum, tf.Tensor>> {
  return {
    gram: tf.matMul(inputs, inputs, true, false),
    ...(residuals && {cross: tf.matMul(inputs, residuals, true, false)}),
  };
}
