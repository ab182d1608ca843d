import * as tf from '@tensorflow/tfjs-core';
import type {Parametrization} from './parametrization.js';

/**
 * Drops weights in training: those that are 0 in `kept` become zero and get no gradient. In `predict` and `evaluate`
 * the weight is complete.
 */
export function dropped(kept: tf.Tensor): Parametrization {
  return {apply: (weight, {training}) => (training ? tf.mul(weight, kept) : weight)};
}
