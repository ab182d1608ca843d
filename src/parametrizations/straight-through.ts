import * as tf from '@tensorflow/tfjs-core';
import type {Mask} from './mask.js';
import type {Parametrization} from './parametrization.js';

/**
 * A mask that gradients pass straight through, so that masked weights can come back: `weight * mask`, with the gradient
 * of the weight itself. Bengio et al. 2013, https://arxiv.org/abs/1308.3432
 */
export function straightThrough(mask: Mask): Parametrization {
  return {
    apply(weight) {
      if (!mask.changes(weight)) return weight;
      return tf.customGrad(value => ({
        value: tf.mul(value as tf.Tensor, mask.variable.read()),
        gradFunc: dy => tf.clone(dy),
      }))(weight);
    },
  };
}
