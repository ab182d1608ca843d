import partition from 'lodash/partition.js';
import sortBy from 'lodash/sortBy.js';
import {unitsAlone, type Removal} from '../cut/removal.js';
import {fewestKept, type Group} from './group.js';
import {blocksOf, meanScore} from './rank-groups.js';

/** Foresees what surgery would remove along with some units. */
export type Foresight = (units: ReadonlySet<number>) => Removal;

/** Which groups may be removed as a whole, and what is removed with them. */
export interface WholeGroups {
  /** All groups; those that can't be removed as a whole have limits that keep something. */
  readonly groups: readonly Group[];
  /** The removal of some units; for a whole group, with everything that is useless without it. */
  readonly removalOf: (units: readonly number[]) => Removal;
}

/**
 * Decides which of the groups that may lose all of their channels can do so without starving any layer.
 *
 * @param scores one for each unit of the model.
 * @param foresight is called only if a group may lose all of its channels.
 */
export function wholeGroups(groups: readonly Group[], scores: Float64Array, foresight: () => Foresight): WholeGroups {
  const [able, staying] = partition(groups, group => mayLoseAll(group, scores));
  if (able.length === 0) return {groups, removalOf: unitsAlone};
  const foresee = foresight();
  const worstFirst = sortBy(able, ({units}) => meanScore(units, scores));
  const {chosen, neededBy} = choose(worstFirst, units => obstacleIn(foresee(units), staying));
  const best = new Set(chosen.flatMap(({units, roundTo}) => blocksOf(units, scores, roundTo).blocks[0]!));
  return {
    groups: groups.map(group => (neededBy.has(group) ? {...group, minKept: 1, neededBy: neededBy.get(group)} : group)),
    removalOf: units => {
      const removal = foresee(new Set(units));
      if (obstacleIn(removal, staying) === undefined) return removal;
      // Rare models need some of the groups although each could be removed on its own: then each keeps something.
      return foresee(new Set(units.filter(unit => !best.has(unit))));
    },
  };
}

/** The groups that can be removed both alone and together with those chosen before, and what needs the others. */
function choose(
  groups: readonly Group[],
  obstacleTo: (units: ReadonlySet<number>) => string | undefined,
): {chosen: Group[]; neededBy: Map<Group, string>} {
  const chosen: Group[] = [];
  const neededBy = new Map<Group, string>();
  for (const group of groups) {
    const obstacle = obstacleTo(unitsOf([group])) ?? obstacleTo(unitsOf([...chosen, group]));
    if (obstacle === undefined) chosen.push(group);
    else neededBy.set(group, obstacle);
  }
  return {chosen, neededBy};
}

function unitsOf(groups: readonly Group[]): Set<number> {
  return new Set(groups.flatMap(({units}) => [...units]));
}

function mayLoseAll(group: Group, scores: Float64Array): boolean {
  return !group.held && fewestKept(group).kept === 0 && group.units.every(unit => scores[unit]! < Infinity);
}

/** What a removal can't take channels from, to follow "needed by"; undefined if there is nothing. */
function obstacleIn({starved, units: removed}: Removal, staying: readonly Group[]): string | undefined {
  if (starved) return `"${starved.name}", which needs some`;
  const lost = staying.find(({units}) => units.every(unit => removed.has(unit)));
  return lost && `"${lost.name}", which would be removed with them`;
}
