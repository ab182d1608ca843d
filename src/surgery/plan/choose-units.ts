import partition from 'lodash/partition.js';
import sumBy from 'lodash/sumBy.js';
import type {Allocation} from '../../allocations/allocation.js';
import type {LayerScores} from '../../structures/structure.js';
import {countOf} from '../../math/count-of.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import type {UnitBlocks} from './unit-blocks.js';

/** The blocks of a group that takes part, for the allocation under the name and the layout of its kernel. */
export interface RankedGroup extends UnitBlocks, Omit<LayerScores, 'scores'> {
  /** How many of its blocks can go: the last ones. */
  readonly most: number;
  /** The sparsity that it gets whatever the target; undefined where the allocation says. */
  readonly sparsity: number | undefined;
}

/** The units that go, and whether that is enough. */
export interface ChosenUnits {
  readonly units: readonly number[];
  readonly isEnough: boolean;
}

/** What goes when so many blocks are asked of the allocation. */
interface Removal extends ChosenUnits {
  readonly count: number;
}

/**
 * The fewest units whose removal is enough, as the allocation shares it among the groups. Where nothing is enough, as
 * many as it can take.
 *
 * The allocation knows nothing of how many blocks can go, so that what must stay counts where it compares groups. Of
 * each group the worst blocks go, never more than can; where that is too little, more is asked of the allocation: full
 * groups are passed over. Found by bisection, so more removal must not turn enough into too little.
 *
 * @param isEnough is asked with the units that would go.
 * @throws what the allocation throws when nothing is asked of it.
 */
export async function chooseUnits(
  groups: readonly RankedGroup[],
  allocation: Allocation,
  isEnough: (units: readonly number[]) => boolean | Promise<boolean>,
): Promise<ChosenUnits> {
  const removal = removalOf(groups, allocation);
  let below: Removal = {count: 0, units: removal(0), isEnough: false};
  if (await isEnough(below.units)) return {...below, isEnough: true};
  let above: Removal | undefined;
  for (let end = blocksIn(groups) + 1; end - below.count > 1;) {
    const count = Math.floor((below.count + end) / 2);
    const units = unlessTooMuch(() => removal(count));
    const removed = units && {count, units, isEnough: await isEnough(units)};
    if (removed?.isEnough === false) {
      below = removed;
    } else {
      above = removed ?? above;
      end = count;
    }
  }
  return above ?? below;
}

/** The units that go when so many blocks are asked of the allocation. */
function removalOf(groups: readonly RankedGroup[], allocation: Allocation): (count: number) => number[] {
  const [own, shared] = partition(groups, ({sparsity}) => sparsity !== undefined);
  const settled = own.flatMap(group => worst(group, ownCount(group)));
  const total = blocksIn(groups);
  return count => {
    const kept = shared.length === 0 ? [] : allocation(shared, count / total);
    return [...settled, ...shared.flatMap((group, i) => worst(group, countOf(kept[i]!, 0)))];
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
