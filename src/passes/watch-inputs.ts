import * as tf from '@tensorflow/tfjs-core';
import type {InputCriterion} from '../criteria/criterion.js';
import {Sums} from './sums.js';
import type {Watch} from './watch.js';

/** Sees the inputs of layers in each call. */
export function watchInputs(criterion: InputCriterion): Watch {
  const seen = new Sums();
  return {
    isBackward: false,
    start: (weight, calls) =>
      weight.tapInput((input, training) => {
        if (!training && calls === 'training') return;
        tf.tidy(() => {
          seen.add(
            weight,
            untaped(input, () => criterion.observe(input)),
          );
        });
      }),
    run: pass => pass(),
    observed: () => seen.all,
    clear: () => seen.clear(),
  };
}

/**
 * Computes from a tensor without differentiating: otherwise tf.js would keep what the gradient needs until the end of
 * the pass.
 */
function untaped(tensor: tf.Tensor, compute: () => tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({value: compute(), gradFunc: () => tf.zerosLike(tensor)}))(tensor);
}
