import partition from 'lodash/partition.js';
import sortBy from 'lodash/sortBy.js';
import {isModel, type Layer} from '../../tfjs-internals.js';
import type {PlannedRemoval} from '../cut/planned-removal.js';
import {fewestKept, type RuledGroup} from './plan-groups.js';
import {NOTHING, type Removed} from './removed.js';
import {blocksOf, meanScore} from './unit-blocks.js';

/** What surgery would make of the removal of units. */
export type Foresight = (units: ReadonlySet<number>) => PlannedRemoval;

/** Which groups may lose all of their channels, and what goes when they do. */
export interface VanishingGroups {
  /** All groups: of those that may not vanish something is kept. */
  readonly groups: readonly RuledGroup[];
  /** What goes when some units are to go: where a group vanishes, all that has no purpose without it. */
  readonly removedBy: (units: readonly number[]) => Removed;
}

/**
 * Decides which of the groups that may lose all of their channels can, so that no layer is left without what it needs.
 *
 * @param scores one for each unit of the model.
 * @param foresight is asked for only where a group may lose all.
 */
export function vanishingGroups(
  groups: readonly RuledGroup[],
  scores: Float64Array,
  foresight: () => Foresight,
): VanishingGroups {
  const [able, staying] = partition(groups, group => mayLoseAll(group, scores));
  if (able.length === 0) return {groups, removedBy: units => ({...NOTHING, units})};
  const foresee = foresight();
  const worstFirst = sortBy(able, ({group}) => meanScore(group.units, scores));
  const {chosen, neededBy} = choose(worstFirst, units => obstacleIn(foresee(units), staying));
  const best = new Set(chosen.flatMap(({group, roundTo}) => blocksOf(group.units, scores, roundTo).blocks[0]!));
  return {
    groups: groups.map(group => heldBy(neededBy.get(group), group)),
    removedBy: units => {
      const all = foresee(new Set(units));
      if (obstacleIn(all, staying) === undefined) return removedOf(all);
      // Of what can vanish together some can't without the rest, in rare models: then something of each stays.
      return removedOf(foresee(new Set(units.filter(unit => !best.has(unit)))));
    },
  };
}

/** The groups that can vanish by themselves and with all that were chosen before them, and what needs the others. */
function choose(
  groups: readonly RuledGroup[],
  obstacleTo: (units: ReadonlySet<number>) => string | undefined,
): {chosen: RuledGroup[]; neededBy: Map<RuledGroup, string>} {
  const chosen: RuledGroup[] = [];
  const neededBy = new Map<RuledGroup, string>();
  for (const group of groups) {
    const obstacle = obstacleTo(unitsOf([group])) ?? obstacleTo(unitsOf([...chosen, group]));
    if (obstacle === undefined) chosen.push(group);
    else neededBy.set(group, obstacle);
  }
  return {chosen, neededBy};
}

function unitsOf(groups: readonly RuledGroup[]): Set<number> {
  return new Set(groups.flatMap(({group}) => [...group.units]));
}

function heldBy(neededBy: string | undefined, group: RuledGroup): RuledGroup {
  return neededBy === undefined ? group : {...group, minKept: 1, neededBy};
}

function mayLoseAll(ruled: RuledGroup, scores: Float64Array): boolean {
  const isFree = ruled.stays === undefined && fewestKept(ruled).kept === 0;
  return isFree && ruled.group.units.every(unit => scores[unit]! < Infinity);
}

/** What stands in the way of a removal, as said of the channels that are held by it; undefined where nothing does. */
function obstacleIn({starved, units}: PlannedRemoval, staying: readonly RuledGroup[]): string | undefined {
  if (starved) return `"${starved.name}", which needs some`;
  const lost = staying.find(({group}) => group.units.every(unit => units.has(unit)));
  return lost && `"${lost.group.name}", which would go with them`;
}

function removedOf({units, dead}: PlannedRemoval): Removed {
  return {units: [...units], deadWeights: new Set([...dead].flatMap(weightIds))};
}

/** A nested model's layers are listed by themselves. */
function weightIds(layer: Layer): number[] {
  return isModel(layer) ? [] : layer.weights.map(({id}) => id);
}
