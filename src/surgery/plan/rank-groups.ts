import mean from 'lodash/mean.js';
import type {LayerScores} from '../../structures/structure.js';
import type {ScoredUnits} from '../../units/score-model.js';
import {fewestKept, type Group} from './group.js';

/** The units of a group, in blocks that are removed together or not at all, and their scores. */
export interface Blocks {
  /** The units of each block, the best block first. */
  readonly blocks: readonly (readonly number[])[];
  /** One score per block, never rising: the mean over its remaining units; -Infinity if none remain. */
  readonly scores: Float32Array;
}

/** A group that can lose units, as an allocation sees it: with the name and layout of its kernel. */
export interface RankedGroup extends Blocks, LayerScores {
  readonly group: Group;
  /** How many of its blocks can be removed: the last ones. */
  readonly most: number;
}

/** The groups that can lose units, cut into blocks. */
export function rankGroups(
  groups: readonly Group[],
  {scores, weightOf, chainOf}: ScoredUnits & {readonly chainOf?: (unit: number) => string},
): RankedGroup[] {
  return groups
    .filter(({held}) => held === undefined)
    .map(group => {
      const {units, roundTo} = group;
      const ranked = blocksOf(units, scores, roundTo);
      const {kept} = fewestKept(group);
      const spare = ranked.blocks.length - Math.ceil(kept / roundTo);
      const most = Math.min(spare, ranked.scores.filter(score => score < Infinity).length);
      const {layout} = weightOf.get(units[0]!)!;
      const chain = chainOf?.(units[0]!);
      const limits = {most, minKept: Math.min(kept, 1)};
      return {...ranked, group, name: layout.name, layout, ...limits, ...(chain !== undefined && {chain})};
    });
}

/**
 * Cuts a group into blocks that can be removed one after the other, last to first. The worst block takes the remainder,
 * so that what is kept is a multiple of `roundTo` as soon as one block is removed.
 *
 * @param scores one for each unit of the model; among equal scores, the earlier unit of the group is better.
 *
 * @example
 * blocksOf([0, 1, 2], [5, 1, 3], 2); // [0, 2] of score 4, [1] of score 1
 */
export function blocksOf(units: ArrayLike<number>, scores: ArrayLike<number>, roundTo: number): Blocks {
  // Infinities have no difference.
  const ranked = Array.from(units).sort((a, b) => (scores[a] === scores[b] ? 0 : scores[b]! - scores[a]!));
  const count = Math.ceil(ranked.length / roundTo);
  const blocks = Array.from({length: count}, (_, i) => ranked.slice(i * roundTo, (i + 1) * roundTo));
  return {blocks, scores: Float32Array.from(blocks, block => meanScore(block, scores))};
}

/**
 * The mean score of the remaining ones among some units; -Infinity if none remain.
 *
 * @param scores one for each unit of the model.
 */
export function meanScore(units: ArrayLike<number>, scores: ArrayLike<number>): number {
  const there = Array.from(units, unit => scores[unit]!).filter(score => score !== -Infinity);
  return there.length === 0 ? -Infinity : mean(there);
}
