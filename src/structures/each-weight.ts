import type * as tf from '@tensorflow/tfjs-core';
import {expectMethods} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {
  expectStructure,
  type GroupedWeight,
  type Grouping,
  type Reduction,
  type Scoring,
  type Structure,
  type VectorValue,
  type WeightLayout,
} from './structure.js';

/**
 * How one weight is partitioned into groups. `pool` and `spread` number the groups in the same way, from 0, so that
 * `spread(kept)` is the mask of the groups that `pool` scored. Neither may change its arguments. Both throw a
 * RangeError that names the weight if it has no such groups.
 */
export interface WeightGroups {
  /**
   * One score per group, computed from one score per value of the weight.
   *
   * @param scores -Infinity marks values that are already masked. They count as 0, and a group of such values alone
   *     gets -Infinity. A group that must be kept, whatever its scores, gets +Infinity.
   * @param reduction how the criterion combines scores; the structure's own choice takes precedence.
   */
  pool(scores: Float32Array, layout: WeightLayout, reduction?: Reduction): Float32Array;
  /** The mask of the weight (1 = kept), from the mask of the groups. */
  spread(kept: Uint8Array, layout: WeightLayout): Uint8Array;
  /**
   * The new values of the vectors that belong to the weight's groups, given a mask of the weight. Leave it out if the
   * groups have no such vectors.
   */
  withoutGone?(mask: tf.Tensor, weight: GroupedWeight): VectorValue[];
  /**
   * For groups of one weight each: how many neighboring inputs of an output are decided together, 1 if each is decided
   * on its own. `reconstruct` by 'sparseGpt' needs it. Leave it out if groups are larger.
   */
  readonly inputsTogether?: number;
}

/** A {@link Structure} whose groups lie within one weight each. */
export type WeightStructure = Structure & WeightGroups;

/**
 * A structure that partitions each weight on its own.
 *
 * @throws TypeError if `groups` has no `pool` or `spread`.
 *
 * @example
 * // pairs of neighboring values
 * const pairs = eachWeight({
 *   pool: scores => Float32Array.from({length: scores.length / 2}, (_, i) => scores[2 * i] + scores[2 * i + 1]),
 *   spread: kept => Uint8Array.from({length: 2 * kept.length}, (_, i) => kept[i >> 1]),
 * });
 */
export function eachWeight(groups: WeightGroups): WeightStructure {
  expectMethods('groups', groups, ['pool', 'spread']);
  const structure: Structure = (weights, _model, scoring) => groupEach(groups, weights, scoring);
  return Object.assign(structure, {
    pool: groups.pool.bind(groups),
    spread: groups.spread.bind(groups),
    ...(groups.withoutGone && {withoutGone: groups.withoutGone.bind(groups)}),
    ...(groups.inputsTogether !== undefined && {inputsTogether: groups.inputsTogether}),
  });
}

noteMakers(eachWeight);

/** Groups each weight on its own. */
export function groupEach(groups: WeightGroups, weights: readonly GroupedWeight[], {reduction}: Scoring): Grouping {
  const grouping: Grouping = {
    pool: scores =>
      weights.map(({layout}, i) => {
        return {name: layout.name, layout, scores: groups.pool(scores[i]!, layout, reduction)};
      }),
    spread: kept => weights.map(({layout}, i) => groups.spread(kept[i]!, layout)),
  };
  if (!groups.withoutGone) return grouping;
  return {...grouping, withoutGone: masks => weights.flatMap((weight, i) => groups.withoutGone!(masks[i]!, weight))};
}

/**
 * Expects a structure whose groups lie within one weight each.
 *
 * @param owner the function that asks, for messages.
 */
export function expectWithinWeights(owner: string, structure: Structure): WeightStructure {
  if ('pool' in expectStructure('structure', structure)) return structure as WeightStructure;
  throw new TypeError(
    `${owner} expects a \`structure\` whose groups lie within one weight, such as filters() or one made by ` +
      'eachWeight, got one over several weights',
  );
}
