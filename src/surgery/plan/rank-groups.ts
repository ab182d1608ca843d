import mean from 'lodash/mean.js';
import type {LayerScores} from '../../structures/structure.js';
import type {ScoredUnits} from '../../units/score-model.js';
import {fewestKept, type Group} from './group.js';

/** Units of a group that are removed together or not at all, and what they are worth. */
export interface Blocks {
  /** The units of each block, the best block first. */
  readonly blocks: readonly (readonly number[])[];
  /** One score a block, never rising: the mean over its units that are there; -Infinity if none is. */
  readonly scores: Float32Array;
}

/** A group of which some can be removed, as an allocation sees it: by the name and layout of its kernel. */
export interface RankedGroup extends Blocks, LayerScores {
  readonly group: Group;
  /** How many of its blocks can be removed: the last ones. */
  readonly most: number;
}

/** The groups of which some can be removed, cut into blocks. */
export function rankGroups(groups: readonly Group[], {scores, weightOf}: ScoredUnits): RankedGroup[] {
  return groups
    .filter(({held}) => held === undefined)
    .map(group => {
      const {units, roundTo} = group;
      const ranked = blocksOf(units, scores, roundTo);
      const {kept} = fewestKept(group);
      const spare = ranked.blocks.length - Math.ceil(kept / roundTo);
      const most = Math.min(spare, ranked.scores.filter(score => score < Infinity).length);
      const {layout} = weightOf.get(units[0]!)!;
      return {...ranked, group, most, name: layout.name, layout, minKept: Math.min(kept, 1)};
    });
}

/**
 * Cuts a group into blocks that can be removed one after the other, the last one first, so that what is kept is a
 * multiple of `roundTo` as soon as one is removed: the worst block takes the remainder.
 *
 * @param scores one for each unit of the model; among equals the earlier of the group is the better.
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
 * The mean over those of some units that are there; -Infinity if none is.
 *
 * @param scores one for each unit of the model.
 */
export function meanScore(units: ArrayLike<number>, scores: ArrayLike<number>): number {
  const there = Array.from(units, unit => scores[unit]!).filter(score => score !== -Infinity);
  return there.length === 0 ? -Infinity : mean(there);
}
