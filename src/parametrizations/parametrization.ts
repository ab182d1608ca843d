import type {Tensor} from '@tensorflow/tfjs-core';

/** The call of a layer that a weight is computed for. */
export interface LayerCall {
  /** Whether the call trains the layer, as `fit` does; false in `predict` and `evaluate`. */
  readonly training: boolean;
}

/**
 * One step from a weight's variable to what its layer computes with. A wrapped weight goes through a list of them, in
 * order: the mask first, then those that its layer was given, such as gates or a quantizer.
 */
export interface Parametrization {
  /**
   * What becomes of the weight, of the same shape, made by ops that have gradients. It is called once for each call of
   * the layer, inside `tf.tidy`.
   *
   * @param weight what the parametrizations before this one made of the variable.
   */
  apply(weight: Tensor, call: LayerCall): Tensor;
}
