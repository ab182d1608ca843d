import * as tf from '@tensorflow/tfjs-core';
import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import type {Penalty} from './penalty.js';
import {STRENGTH, type StrengthArgs} from './strength.js';

/**
 * The sum of squares (weight decay), as in Keras and tf.js: without the factor 1/2 of other conventions.
 *
 *     strength * sum w^2
 *
 * Makes weights small, but not zero. Its proximal operator shrinks: `w / (1 + 2 * step * strength)`.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * addPenalty(model, l2({strength: 1e-4}));
 */
export function l2(args: StrengthArgs): Penalty {
  const {strength} = read('l2', args, STRENGTH);
  return Object.assign((weight: tf.Tensor) => tf.mul<tf.Scalar>(strength, tf.sum(tf.square(weight))), {
    proximal: (weight: tf.Tensor, _layout: unknown, step: number) => tf.div(weight, 1 + 2 * step * strength),
  });
}

noteMakers(l2);
