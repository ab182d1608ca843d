import * as tf from '@tensorflow/tfjs-core';
import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import type {Penalty} from './penalty.js';
import {STRENGTH, type StrengthArgs} from './strength.js';
import {withGradient} from './with-gradient.js';

/**
 * The sum of magnitudes (LASSO): pulls every weight towards zero with the same force.
 *
 *     strength * sum |w|
 *
 * Its gradient at 0 is 0. Its proximal operator is soft thresholding: `sign(w) * max(0, |w| - step * strength)`.
 * Tibshirani 1996, https://doi.org/10.1111/j.2517-6161.1996.tb02080.x
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * addPenalty(model, l1({strength: 1e-5}));
 */
export function l1(args: StrengthArgs): Penalty {
  const {strength} = read('l1', args, STRENGTH);
  return Object.assign(
    (weight: tf.Tensor) =>
      withGradient(
        weight,
        w => tf.mul(strength, tf.sum(tf.abs(w))),
        w => tf.mul(strength, tf.sign(w)),
      ),
    {
      proximal: (weight: tf.Tensor, _layout: unknown, step: number) =>
        tf.mul(tf.sign(weight), tf.relu(tf.sub(tf.abs(weight), step * strength))),
    },
  );
}

noteMakers(l1);
