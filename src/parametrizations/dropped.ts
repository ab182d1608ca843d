import * as tf from '@tensorflow/tfjs-core';
import type {Parametrization} from './parametrization.js';

/**
 * Drops weights while the layer trains: those that are 0 in `kept` are zero and get no gradient; in `predict` and
 * `evaluate` the weight is whole.
 */
export function dropped(kept: tf.Tensor): Parametrization {
  return {apply: (weight, {training}) => (training ? tf.mul(weight, kept) : weight)};
}
