import partition from 'lodash/partition.js';
import sumBy from 'lodash/sumBy.js';
import type {Allocation from '../allocations/allocation.js';
import {countOf} from '../math/count-of.js';
import {roundHalfEven} from '../math/round-half-even.js';
import type {UnitBlocks} from './unit-blocks.js';

/** The blocks of a group that takes part, for the allocation under the name and the layout of its kernel. */
export interface RankedGroup extends UnitBlocks, Omit<LayerScores, 'scores'> {
  /** How many of its blocks can go: the last ones. */
  readonly most: number;
  /** The sparsity that it gets whatever the target; undefined where the allocation says. */
  readonly sparsity: number | undefined;
}

/**
 * The fewest units whose removal is enough, as the allocation shares it among the groups. Where nothing is enough, as many as it
 * can take.
 *
 * Of each group the worst blocks go, and never more than can: groups that are full are passed over. The number of
 * blocks is found by bisection, so more removal must not turn enough into too little.
 *
 * @param isEnough is asked with the units that would go.
 * @throws what the allocation throws when nothing is asked of it.
 */
export async function chooseUnits(
  groups: readonly RankedGroup[],
  allocation: Allocation,
  isEnough: (units: readonly number[]) => boolean | Promise<boolean>,
): Promise<number[]> {
  const removal = removalOf(groups, allocation);
  let below = {count: 0, units: removal(0)};
  if (await isEnough(below.units)) return below.units;
  let above: {count: number; units: number[] | undefined} = {count: blocksIn(groups) + 1, units: undefined};
  while (above.count - below.count > 1) {
    const count = Math.floor((below.count + above.count) / 2);
    const units = unlessTooMuch(() => removal(count));
    if (units === undefined || (await isEnough(units))) above = {count, units};
    else below = {count, units};
  }
  return above.units ?? below.units;
}

/** The units that go when so many blocks are asked of the allocation. */
function removalOf(groups: readonly RankedGroup[], allocation: Allocation): (count: number) => number[] {
  const [own, shared] = partition(groups, ({sparsity}) => sparsity !== undefined);
  const settled = own.flatMap(group => worst(group, ownCount(group)));
  const layers = shared.map(({scores, most, ...layer}) => ({...layer, scores: withStaying(scores, most)}));
  const total = blocksIn(groups);
  return count => {
    const kept = shared.length === 0 ? [] : allocation(layers, count / total);
    return [...settled, ...shared.flatMap((group, i) => worst(group, countOf(kept[i]!, 0)))];
  };
}

/** An allocation can't take what is beyond its limits, or ours. */
function unlessTooMuch<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function withStaying(scores: Float32Array, most: number): Float32Array {
  return scores.map((score, i) => (i < scores.length - most ? Infinity : score));
}

function worst({blocks, most}: RankedGroup, count: number): number[] {
  return blocks.slice(blocks.length - Math.min(count, most)).flat();
}

/** What is gone already goes as well. */
function ownCount({blocks, scores, sparsity}: RankedGroup): number {
  const wanted = roundHalfEven(sumBy(blocks, 'length') * sparsity!);
  let [count, units] = [0, 0];
  while (units < wanted) units += blocks.at(-++count)!.length;
  return Math.max(count, countOf(scores, -Infinity));
}

/** Of the groups that have no sparsity of their own. */
function blocksIn(groups: readonly RankedGroup[]): number {
  return sumBy(groups, ({blocks, sparsity}) => (sparsity === undefined ? blocks.length : 0));
}
