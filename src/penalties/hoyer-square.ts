import * as tf from '@tensorflow/tfjs-core';
import {noteMakers} from '../options/makers.js';
import {option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {expectWithinWeights, type WeightStructure} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import {weights} from '../structures/weights.js';
import {normsOf} from './group-lasso.js';
import {groupsBy} from './groups.js';
import type {Penalty} from './penalty.js';
import {STRENGTH} from './strength.js';
import {withGradient} from './with-gradient.js';

const OPTIONS = {
  /** Which weights form a group. Defaults to `weights()`, each on its own. */
  structure: option((_, structure: WeightStructure) => expectWithinWeights('hoyerSquare', structure), weights),
};

/** Options of {@link hoyerSquare}. */
export type HoyerSquareArgs = Args<typeof STRENGTH & typeof OPTIONS>;

/**
 * The effective number of groups: 1 if all but one are zero, the number of groups if all have the same norm. Since
 * scaling all weights does not change it, it drives small weights to zero and leaves large ones alone.
 *
 *     strength * (sum over groups g of ||w_g||)^2 / sum w^2      and 0 if all weights are 0
 *
 * With single weights as groups that is `(sum |w|)^2 / sum w^2`. The gradient at a group of zeros is 0.
 * DeepHoyer, Yang et al. 2020, https://arxiv.org/abs/1908.09979
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, when added to a model, if a weight has
 *     no such groups.
 *
 * @example
 * addPenalty(model, hoyerSquare({strength: 1e-3, structure: filters()}));
 */
export function hoyerSquare(args: HoyerSquareArgs): Penalty {
  const {strength, structure} = read('hoyerSquare', args, {...STRENGTH, ...OPTIONS});
  const groupsOf = groupsBy(structure);
  const term = (weight: tf.Tensor, layout: WeightLayout) => {
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
  return Object.assign(term, {structure});
}

noteMakers(hoyerSquare);
