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
 * enough into too little. It tries what is removed in any case, then the most that can be, and then between them.
 *
 * @param tryOut evaluates the removal of some units, and says whether it is enough.
 * @param mostHalvings bounds the search: it tries out at most two removals more. The units found are then enough, but
 *     perhaps more than the fewest, by 1 / 2^mostHalvings of all blocks at most.
 * @returns what `tryOut` returned for the chosen units.
 * @throws what the allocation throws when asked for nothing.
 */
export async function chooseUnits<T extends {readonly isEnough: boolean}>(
  groups: readonly RankedGroup[],
  allocation: Allocation,
  tryOut: (units: readonly number[]) => Promise<T>,
  mostHalvings = Infinity,
): Promise<T> {
  const worstUnits = worstUnitsOf(groups, allocation);
  const least = await tryOut(worstUnits(0));
  if (least.isEnough) return least;
  let [start, end] = [0, mostAllowed(blocksIn(groups), worstUnits)];
  let found = end === 0 ? least : await tryOut(worstUnits(end));
  if (!found.isEnough) return found;
  for (let halvings = 0; end - start > 1 && halvings < mostHalvings; halvings++) {
    const count = Math.floor((start + end) / 2);
    const tried = await tryOut(worstUnits(count));
    if (tried.isEnough) [found, end] = [tried, count];
    else start = count;
  }
  return found;
}

/** How many removals {@link chooseUnits} tries out at most among so many blocks. */
export function mostTries(blocks: number, mostHalvings = Infinity): number {
  return 2 + Math.min(mostHalvings, Math.ceil(Math.log2(Math.max(1, blocks))));
}

/** The largest number of blocks, up to `all`, that an allocation removes: beyond its limits it throws. */
function mostAllowed(all: number, worstUnits: (count: number) => number[]): number {
  const isAllowed = (count: number) => unlessTooMuch(() => worstUnits(count)) !== undefined;
  if (isAllowed(all)) return all;
  let [allowed, tooMuch] = [0, all];
  while (tooMuch - allowed > 1) {
    const count = Math.floor((allowed + tooMuch) / 2);
    if (isAllowed(count)) allowed = count;
    else tooMuch = count;
  }
  return allowed;
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

function unlessTooMuch<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether a group gets a sparsity of its own, whatever the target. */
export function hasOwnSparsity({group}: RankedGroup): boolean {
  return group.sparsity !== undefined;
}

/** The units of so many of the worst blocks of a group, but never more than can be removed. */
export function worst({blocks, most}: RankedGroup, count: number): number[] {
  return blocks.slice(blocks.length - Math.min(count, most)).flat();
}

/** The number of blocks for the group's own sparsity, or of those that are already gone if that is more. */
export function ownCount({blocks, scores, group}: RankedGroup): number {
  const wanted = roundHalfEven(sumBy(blocks, 'length') * group.sparsity!);
  let [count, units] = [0, 0];
  while (units < wanted) units += blocks.at(-++count)!.length;
  return Math.max(count, countOf(scores, -Infinity));
}

/** Counts the blocks of the groups that have no sparsity of their own. */
function blocksIn(groups: readonly RankedGroup[]): number {
  return sumBy(groups, ranked => (hasOwnSparsity(ranked) ? 0 : ranked.blocks.length));
}
