import {isList, received} from '../options/expect.js';
import type {ChannelPlan, PlannedGroup} from './channel-plan.js';
import {expectPlan} from './expect-plan.js';
import type {ChannelGroup, ChannelSource, ChannelTrace} from '../units/trace/channel-trace.js';

/**
 * The units that a plan removes.
 *
 * @param plan its `remove` is enough; its other parts must agree with that and with the model.
 * @throws TypeError or RangeError if it is not a plan, is damaged, or does not fit the model: it names other layers or
 *     channels, channels that must be kept, or one of several coupled channels without the others.
 */
export function unitsOfPlan(owner: string, trace: ChannelTrace, plan: Pick<ChannelPlan, 'remove'>): Set<number> {
  expectPlan(`${owner} expects a plan of planChannelPruning`, plan, ['remove']);
  const {remove, groups}: Pick<ChannelPlan, 'remove'> & Partial<ChannelPlan> = plan;
  const sources = new Map(trace.sources.map(source => [source.path, source]));
  const units = new Set<number>();
  for (const [path, channels] of Object.entries(remove)) {
    const source = sources.get(path);
    if (!source) throw new RangeError(`${EXPECTED}, but no layer "${path}" in it makes channels`);
    for (const channel of expectChannels(source, channels)) units.add(source.units[channel]!);
  }
  for (const {units: members, name, frozen} of trace.groups) {
    if (frozen !== undefined && members.some(unit => units.has(unit))) {
      throw new RangeError(`${EXPECTED}, but channels of "${name}" must be kept: they ${frozen}`);
    }
  }
  for (const source of trace.sources) expectWhole(source, units, remove[source.path] ?? []);
  if (groups) expectAgreement(groups, trace.groups, units);
  return units;
}

const EXPECTED = 'Expected a plan that was made for this model';

function expectChannels({path, units}: ChannelSource, channels: readonly number[]): readonly number[] {
  if (!isList(channels))
    throw new TypeError(`${EXPECTED}, with an array of channels for "${path}", got ${received(channels)}`);
  for (const [i, channel] of channels.entries()) {
    if (!Number.isInteger(channel) || channel < 0 || channel >= units.length) {
      const what = typeof channel === 'number' ? channel : received(channel);
      throw new RangeError(`${EXPECTED}, but "${path}" has ${units.length} channels, and the plan removes ${what}`);
    }
    if (i > 0 && channel <= channels[i - 1]!) {
      throw new RangeError(
        `${EXPECTED}, with channels in ascending order, each once, but of "${path}" it removes ` +
          `${channel} after ${channels[i - 1]}`,
      );
    }
  }
  return channels;
}

function expectWhole({path, units}: ChannelSource, removed: ReadonlySet<number>, channels: readonly number[]): void {
  const named = new Set(channels);
  const missing = units.findIndex((unit, channel) => removed.has(unit) && !named.has(channel));
  if (missing < 0) return;
  throw new RangeError(
    `${EXPECTED}, but it leaves channel ${missing} of "${path}", which is coupled to others that it removes`,
  );
}

/** Expects a plan's groups to agree with the channels that it removes. */
function expectAgreement(
  planned: readonly PlannedGroup[],
  groups: readonly ChannelGroup[],
  removed: ReadonlySet<number>,
): void {
  const byName = new Map(planned.map(group => [group.name, group]));
  for (const {name, units} of groups) {
    const left = units.filter(unit => !removed.has(unit)).length;
    const group = byName.get(name);
    if (group?.before === units.length && group.after === left) continue;
    const says = group ? `says that ${group.after} of ${group.before}` : 'does not say how many';
    throw new RangeError(
      `${EXPECTED}, but of the channels of "${name}" it ${says} are left, but ${left} of ${units.length} are; ` +
        'plan again, or pass only {remove} of what you have changed',
    );
  }
  const other = planned.find(({name}) => !groups.some(group => group.name === name));
  if (other) throw new RangeError(`${EXPECTED}, but it has no channels of "${other.name}"`);
}
