import type {ChannelPlan, ModelSizes, PlannedGroup} from '../channel-plan.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import {fewestKept, type RuledGroup} from './plan-groups.js';
import {NOTHING, type Removed} from './removed.js';

/** What becomes of a model and its groups when some units go: the plan but for its target. */
export function planOfUnits(
  {sources}: Pick<ChannelTrace, 'sources'>,
  groups: readonly RuledGroup[],
  goes: Removed,
  sizesAfter: (removed: Removed) => ModelSizes,
): Omit<ChannelPlan, 'target' | 'shortfall'> {
  const gone = new Set(goes.units);
  const removed = sources.map(({path, units}): [string, number[]] => [
    path,
    [...units.keys()].filter(channel => gone.has(units[channel]!)),
  ]);
  return {
    remove: Object.fromEntries(removed.filter(([, channels]) => channels.length > 0)),
    groups: groups.map(group => plannedGroup(group, gone)),
    before: sizesAfter(NOTHING),
    after: sizesAfter(goes),
  };
}

function plannedGroup(ruled: RuledGroup, gone: ReadonlySet<number>): PlannedGroup {
  const {name, layers, units} = ruled.group;
  const after = leftOf(ruled, gone);
  const reason = reasonOf(ruled, after);
  const sizes = {initial: ruled.initial, before: units.length, after};
  return {name, layers, ...sizes, ...(reason !== undefined && {reason})};
}

/** How many channels of a group are left. */
export function leftOf({group: {units}}: RuledGroup, gone: ReadonlySet<number>): number {
  return units.filter(unit => !gone.has(unit)).length;
}

/** Why others stay, where so many are left: see {@link PlannedGroup}. */
function reasonOf(ruled: RuledGroup, after: number): string | undefined {
  const {sparsity} = ruled;
  const own = sparsity === undefined || after === 0 ? undefined : `have a sparsity of their own, ${sparsity}`;
  return holderOf(ruled, after) ?? own;
}

/** What holds the others, where it is no sparsity: a layer, a choice, or a limit. */
export function holderOf(ruled: RuledGroup, after: number): string | undefined {
  if (ruled.stays !== undefined) return ruled.stays;
  const {kept, reason} = fewestKept(ruled);
  return after === kept && after > 0 ? reason : undefined;
}
