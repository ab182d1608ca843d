import * as tf from '@tensorflow/tfjs-core';
import type {Parametrization} from './parametrization.js';

/** Is called with the gradient of the loss with respect to a masked weight, as if nothing were masked. */
export type GradientTap = (gradient: tf.Tensor) => void;

/** Shows the gradient of the weight so far to listeners, and changes nothing. */
export class GradientTaps implements Parametrization {
  readonly #listeners = new Set<GradientTap>();

  add(listener: GradientTap): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  apply(weight: tf.Tensor): tf.Tensor {
    if (this.#listeners.size === 0) return weight;
    return tf.customGrad(value => ({value: tf.clone(value as tf.Tensor), gradFunc: dy => this.#show(dy)}))(weight);
  }

  #show(gradient: tf.Tensor): tf.Tensor {
    for (const listener of this.#listeners) listener(gradient);
    return tf.clone(gradient);
  }
}
