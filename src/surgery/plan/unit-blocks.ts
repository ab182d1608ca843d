import mean from 'lodash/mean.js';

/** Units of a group that go together or not at all, and what they are worth. */
export interface UnitBlocks {
  /** The units of each block, the best block first. */
  readonly blocks: readonly (readonly number[])[];
  /** One score a block, never rising: the mean over its units that are there; -Infinity where none is. */
  readonly scores: Float32Array;
}

/**
 * Cuts a group into blocks that can go one after the other, the last one first, so that what is kept is a multiple of
 * `roundTo` as soon as one is gone: the worst block takes the remainder.
 *
 * @param scores one for each unit of the model; among equals the earlier of the group is the better.
 *
 * @example
 * blocksOf([0, 1, 2], [5, 1, 3], 2); // [0, 2] of score 4, [1] of score 1
 */
export function blocksOf(units: ArrayLike<number>, scores: ArrayLike<number>, roundTo: number): UnitBlocks {
  // Infinities have no difference.
  const ranked = Array.from(units).sort((a, b) => (scores[a] === scores[b] ? 0 : scores[b]! - scores[a]!));
  const count = Math.ceil(ranked.length / roundTo);
  const blocks = Array.from({length: count}, (_, i) => ranked.slice(i * roundTo, (i + 1) * roundTo));
  return {blocks, scores: Float32Array.from(blocks, block => meanScore(block, scores))};
}

/**
 * The mean over those of some units that are there; -Infinity where none is. @param scores one for each unit of the
 * model.
 */
export function meanScore(units: ArrayLike<number>, scores: ArrayLike<number>): number {
  const there = Array.from(units, unit => scores[unit]!).filter(score => score !== -Infinity);
  return there.length === 0 ? -Infinity : mean(there);
}
