import type {ChannelPlan, ModelSizes, PlannedGroup} from './channel-plan.js';
import type {ChannelTrace} from '../trace/channel-trace.js';
import {fewestKept, type RuledGroup} from './plan-groups.js';

/** What becomes of a model and its groups when some units go: the plan but for its target. */
export function planOfUnits(
  {sources}: Pick<ChannelTrace, 'sources'>,
  groups: readonly RuledGroup[],
  units: readonly number[],
  sizesAfter: (units: readonly number[]) => ModelSizes,
): Omit<ChannelPlan, 'target' | 'shortfall'> {
  const gone = new Set(units);
  const removed = sources.map(({path, units}): [string, number[]] => [
    path,
    [...units.keys()].filter(channel => gone.has(units[channel]!)),
  ]);
  return {
    remove: Object.fromEntries(removed.filter(([, channels]) => channels.length > 0)),
    groups: groups.map(group => plannedGroup(group, gone)),
    before: sizesAfter([]),
    after: sizesAfter(units),
  };
}

function plannedGroup(ruled: RuledGroup, gone: ReadonlySet<number>): PlannedGroup {
  const {name, layers, units} = ruled.group;
  const after = units.filter(unit => !gone.has(unit)).length;
  const reason = reasonOf(ruled, after);
  const sizes = {initial: ruled.initial, before: units.length, after};
  return {name, layers, ...sizes, ...(reason !== undefined && {reason})};
}

function reasonOf(ruled: RuledGroup, after: number): string | undefined {
  if (ruled.stays !== undefined) return ruled.stays;
  const {kept, reason} = fewestKept(ruled);
  if (after === kept) return reason;
  return ruled.sparsity === undefined ? undefined : `have a sparsity of their own, ${ruled.sparsity}`;
}
