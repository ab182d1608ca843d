import * as tf from '@tensorflow/tfjs-core';
import {expectOptions} from '../options/expect.js';
import {expectWithinWeights, type WeightStructure} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import {weights} from '../structures/weights.js';
import {normsOf} from './group-lasso.js';
import {groupsBy} from './groups.js';
import type {Penalty} from './penalty.js';
import {expectStrength, type StrengthArgs} from './strength.js';
import {withGradient} from './with-gradient.js';

/** Options of {@link hoyerSquare}. */
export interface HoyerSquareArgs extends StrengthArgs {
  /** Which weights go together. Defaults to `weights()`, each on its own. */
  structure?: WeightStructure;
}

/**
 * How many groups there seem to be: 1 where all but one are zero, their number where all are of the same size. It does
 * not change when all weights are scaled, so it pulls small ones to zero and lets large ones be.
 *
 *     strength * (sum over groups g of ||w_g||)^2 / sum w^2      and 0 where all weights are 0
 *
 * With single weights as groups that is `(sum |w|)^2 / sum w^2`. The gradient at a group of zeros is 0.
 * DeepHoyer, Yang et al. 2020, https://arxiv.org/abs/1908.09979
 *
 * @throws TypeError or RangeError where an option is unknown or wrong; RangeError, when put on a model, where a weight
 *     has no such groups.
 *
 * @example
 * addPenalty(model, hoyerSquare({strength: 1e-3, structure: filters()}));
 */
export function hoyerSquare(args: HoyerSquareArgs): Penalty {
  const {strength, structure = weights()} = expectOptions('hoyerSquare', args, ['strength', 'structure']);
  expectStrength('strength', strength);
  const groupsOf = groupsBy(expectWithinWeights('hoyerSquare', structure));
  return (weight: tf.Tensor, layout: WeightLayout) => {
    const groups = groupsOf(layout);
    return withGradient(
      weight,
      w => tf.mul(strength, tf.divNoNan(tf.square(tf.sum(normsOf(w, groups))), tf.sum(tf.square(w)))),
      w => {
        const ratio = tf.divNoNan(tf.sum(normsOf(w, groups)), tf.sum(tf.square(w)));
        const direction = groups.scale(w, tf.divNoNan(1, normsOf(w, groups)));
        return tf.mul(tf.mul(2 * strength, ratio), tf.sub(direction, tf.mul(ratio, w)));
      },
    );
  };
}
