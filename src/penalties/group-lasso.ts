import * as tf from '@tensorflow/tfjs-core';
import {noteMakers} from '../options/makers.js';
import {option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {filters} from '../structures/filters.js';
import {expectWithinWeights, type WeightStructure} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import {groupsBy, type Groups} from './groups.js';
import type {Penalty} from './penalty.js';
import {STRENGTH} from './strength.js';
import {withGradient} from './with-gradient.js';

/** Smaller than any norm except 0, since squares underflow in single precision. */
const TINY = 1e-30;

/** The option for the groups of both group lassos. */
export const GROUPED = {
  /** Which weights form a group. Defaults to `filters()`. */
  structure: option((_, structure: WeightStructure) => expectWithinWeights('groupLasso', structure), filters),
};

/** Options of {@link groupLasso}. */
export type GroupLassoArgs = Args<typeof STRENGTH & typeof GROUPED>;

/**
 * The sum of the norms of groups: drives whole groups to zero and leaves the others dense. Each norm is weighted by the
 * square root of the group's size, so that groups of different sizes are penalized alike.
 *
 *     strength * sum over groups g of sqrt(|g|) * ||w_g||
 *
 * Its gradient at a group of zeros is 0. Its proximal operator is group soft thresholding:
 * `w_g * max(0, 1 - step * strength * sqrt(|g|) / ||w_g||)`.
 * Yuan & Lin 2006, https://doi.org/10.1111/j.1467-9868.2005.00532.x; for networks: Wen et al. 2016,
 * https://arxiv.org/abs/1608.03665
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, when added to a model, if a weight has
 *     no such groups.
 *
 * @example
 * new ProximalPenalty({penalty: groupLasso({strength: 1e-3}), layers: /conv/});
 */
export function groupLasso(args: GroupLassoArgs): Penalty {
  const {strength, structure} = read('groupLasso', args, {...STRENGTH, ...GROUPED});
  const groupsOf = groupsBy(structure);
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
      structure,
      proximal: (weight: tf.Tensor, layout: WeightLayout, step: number) => {
        const groups = groupsOf(layout);
        const norms = tf.maximum(normsOf(weight, groups), TINY);
        const shares = tf.div(tf.mul(step, factors(groups)), norms);
        return groups.scale(weight, tf.relu(tf.sub(1, shares)));
      },
    },
  );
}

noteMakers(groupLasso);

/** The Euclidean norm of each group. */
export function normsOf(weight: tf.Tensor, groups: Groups): tf.Tensor {
  return tf.sqrt(groups.sum(tf.square(weight)));
}
