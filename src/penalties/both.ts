import * as tf from '@tensorflow/tfjs-core';
import type {WeightLayout} from '../structures/structure.js';
import type {Penalty} from './penalty.js';

/**
 * The sum of two penalties. Its proximal operator is that of the second applied after that of the first, which is exact
 * for soft thresholding followed by anything that scales groups. Yu 2013, https://papers.nips.cc/paper/5159
 */
export function both(first: Penalty, second: Penalty): Penalty {
  return Object.assign(
    (weight: tf.Tensor, layout: WeightLayout) => tf.add<tf.Scalar>(first(weight, layout), second(weight, layout)),
    {
      proximal: (weight: tf.Tensor, layout: WeightLayout, step: number) =>
        second.proximal!(first.proximal!(weight, layout, step), layout, step),
    },
  );
}
