import partition from 'lodash/partition.js';
import sumBy from 'lodash/sumBy.js';
import type {Allocation} from '../../allocations/allocation.js';
import {countOf} from '../../math/count-of.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import type {RankedGroup} from './rank-groups.js';

/**
 * Finds the fewest units whose removal is enough, as the allocation shares it among the groups; if nothing is enough,
 * as many as can be removed.
 *
 * The allocation does not know how many blocks of a group can be removed, so blocks that must be kept count as well
 * when it compares groups. The worst blocks of each group are removed, but never more than can be. If that is too
 * little, more is asked of the allocation, and full groups are skipped. Uses bisection, so removing more must not turn
 * enough into too little.
 *
 * @param tryOut evaluates the removal of some units, and says whether it is enough.
 * @returns what `tryOut` returned for the chosen units.
 * @throws what the allocation throws when asked for nothing.
 */
export async function chooseUnits<T extends {readonly isEnough: boolean}>(
  groups: readonly RankedGroup[],
  allocation: Allocation,
  tryOut: (units: readonly number[]) => Promise<T>,
): Promise<T> {
  const worstUnits = worstUnitsOf(groups, allocation);
  let below = await tryOut(worstUnits(0));
  let above = below.isEnough ? below : undefined;
  let [start, end] = [0, above ? 0 : blocksIn(groups) + 1];
  while (end - start > 1) {
    const count = Math.floor((start + end) / 2);
    const units = unlessTooMuch(() => worstUnits(count));
    const tried = units && (await tryOut(units));
    if (tried?.isEnough === false) {
      [below, start] = [tried, count];
    } else {
      [above, end] = [tried ?? above, count];
    }
  }
  return above ?? below;
}

/** The units that are removed when the allocation is asked for a number of blocks. */
function worstUnitsOf(groups: readonly RankedGroup[], allocation: Allocation): (count: number) => number[] {
  const [own, shared] = partition(groups, hasOwnSparsity);
  const settled = own.flatMap(ranked => worst(ranked, ownCount(ranked)));
  const total = blocksIn(groups);
  return count => {
    const kept = shared.length === 0 ? [] : allocation(shared, count / total);
    return [...settled, ...shared.flatMap((ranked, i) => worst(ranked, countOf(kept[i]!, 0)))];
  };
}

/** An allocation throws if asked for more than its limits allow. */
function unlessTooMuch<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function hasOwnSparsity({group}: RankedGroup): boolean {
  return group.sparsity !== undefined;
}

function worst({blocks, most}: RankedGroup, count: number): number[] {
  return blocks.slice(blocks.length - Math.min(count, most)).flat();
}

/** The number of blocks for the group's own sparsity, or of those that are already gone if that is more. */
function ownCount({blocks, scores, group}: RankedGroup): number {
  const wanted = roundHalfEven(sumBy(blocks, 'length') * group.sparsity!);
  let [count, units] = [0, 0];
  while (units < wanted) units += blocks.at(-++count)!.length;
  return Math.max(count, countOf(scores, -Infinity));
}

/** Counts the blocks of the groups that have no sparsity of their own. */
function blocksIn(groups: readonly RankedGroup[]): number {
  return sumBy(groups, ranked => (hasOwnSparsity(ranked) ? 0 : ranked.blocks.length));
}
