import partition from 'lodash/partition.js';
import sumBy from 'lodash/sumBy.js';
import type {Allocation} from '../../allocations/allocation.js';
import {countOf} from '../../math/count-of.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import type {RankedGroup} from './rank-groups.js';

/**
 * Finds the fewest units whose removal is enough, as the allocation shares it among the groups; if nothing is enough,
 * as many as it can take.
 *
 * The allocation does not know how many blocks of a group can be removed, so that what must be kept counts as well when
 * it compares groups. Of each group the worst blocks are removed, never more than can be; if that is too little, more
 * is asked of the allocation: full groups are passed over. Found by bisection, so more removal must not turn enough
 * into too little.
 *
 * @param tryOut says what the removal of some units comes to, and whether it is enough.
 * @returns what `tryOut` has said of the units that are chosen.
 * @throws what the allocation throws when nothing is asked of it.
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

/** The units that are removed when so many blocks are asked of the allocation. */
function worstUnitsOf(groups: readonly RankedGroup[], allocation: Allocation): (count: number) => number[] {
  const [own, shared] = partition(groups, hasOwnSparsity);
  const settled = own.flatMap(ranked => worst(ranked, ownCount(ranked)));
  const total = blocksIn(groups);
  return count => {
    const kept = shared.length === 0 ? [] : allocation(shared, count / total);
    return [...settled, ...shared.flatMap((ranked, i) => worst(ranked, countOf(kept[i]!, 0)))];
  };
}

/** An allocation refuses what is beyond its limits. */
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

/** As many blocks as make the group's own sparsity, or as are gone already. */
function ownCount({blocks, scores, group}: RankedGroup): number {
  const wanted = roundHalfEven(sumBy(blocks, 'length') * group.sparsity!);
  let [count, units] = [0, 0];
  while (units < wanted) units += blocks.at(-++count)!.length;
  return Math.max(count, countOf(scores, -Infinity));
}

/** Of the groups that have no sparsity of their own. */
function blocksIn(groups: readonly RankedGroup[]): number {
  return sumBy(groups, ranked => (hasOwnSparsity(ranked) ? 0 : ranked.blocks.length));
}
