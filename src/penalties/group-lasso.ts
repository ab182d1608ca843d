import * as tf from '@tensorflow/tfjs-core';
import {expectOptions} from '../options/expect.js';
import {filters} from '../structures/filters.js';
import {expectWithinWeights, type WeightStructure} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import {groupsBy, type Groups} from './groups.js';
import type {Penalty} from './penalty.js';
import {expectStrength, type StrengthArgs} from './strength.js';
import {withGradient} from './with-gradient.js';

/** Less than any norm but 0: squares end where single precision does. */
const TINY = 1e-30;

/** Options of {@link groupLasso}. */
export interface GroupLassoArgs extends StrengthArgs {
  /** Which weights go together. Defaults to `filters()`. */
  structure?: WeightStructure;
}

/**
 * The sum of the groups' norms: whole groups go to zero together, those that are kept stay dense. Each norm counts by
 * the root of the group's size, so that groups of different sizes are pulled alike.
 *
 *     strength * sum over groups g of sqrt(|g|) * ||w_g||
 *
 * Its gradient at a group of zeros is 0. Its proximal operator is group soft thresholding:
 * `w_g * max(0, 1 - step * strength * sqrt(|g|) / ||w_g||)`.
 * Yuan & Lin 2006, https://doi.org/10.1111/j.1467-9868.2005.00532.x; for networks: Wen et al. 2016,
 * https://arxiv.org/abs/1608.03665
 *
 * @throws TypeError or RangeError where an option is unknown or wrong; RangeError, when put on a model, where a weight
 *     has no such groups.
 *
 * @example
 * new ProximalPenalty({penalty: groupLasso({strength: 1e-3}), layers: /conv/});
 */
export function groupLasso(args: GroupLassoArgs): Penalty {
  const {strength, structure = filters()} = expectOptions('groupLasso', args, ['strength', 'structure']);
  expectStrength('strength', strength);
  const groupsOf = groupsBy(expectWithinWeights('groupLasso', structure));
  const factors = (groups: Groups) => tf.mul(strength, tf.sqrt(groups.sizes()));
  return Object.assign(
    (weight: tf.Tensor, layout: WeightLayout) => {
      const groups = groupsOf(layout);
      return withGradient(
        weight,
        w => tf.sum(tf.mul(factors(groups), normsOf(w, groups))),
        w => groups.scale(w, tf.divNoNan(factors(groups), normsOf(w, groups))),
      );
    },
    {
      proximal: (weight: tf.Tensor, layout: WeightLayout, step: number) => {
        const groups = groupsOf(layout);
        const norms = tf.maximum(normsOf(weight, groups), TINY);
        const shares = tf.div(tf.mul(step, factors(groups)), norms);
        return groups.scale(weight, tf.relu(tf.sub(1, shares)));
      },
    },
  );
}

/** The Euclidean norm of each group. */
export function normsOf(weight: tf.Tensor, groups: Groups): tf.Tensor {
  return tf.sqrt(groups.sum(tf.square(weight)));
}
