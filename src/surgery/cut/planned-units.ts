import {isList, received} from '../../math/expect.js';
import type {ChannelPlan} from '../plan/channel-plan.js';
import type {ChannelSource, ChannelTrace} from '../trace/channel-trace.js';

/**
 * The units that a plan removes.
 *
 * @throws TypeError or RangeError where the plan is none, or does not fit the model: it names other layers or channels, channels that
 *     must stay, or some of those that go together without the others.
 */
export function plannedUnits(owner: string, trace: ChannelTrace, plan: Pick<ChannelPlan, 'remove'>): Set<number> {
  const remove = (plan as Partial<ChannelPlan> | undefined)?.remove;
  if (typeof remove !== 'object') {
    throw new TypeError(`${owner} expects a plan of planChannelPruning, with \`remove\`, got ${received(plan)}`);
  }
  const sources = new Map(trace.sources.map(source => [source.path, source]));
  const units = new Set<number>();
  for (const [path, channels] of Object.entries(remove)) {
    const source = sources.get(path);
    if (!source) throw new RangeError(`${EXPECTED}, but no layer "${path}" in it makes channels`);
    for (const channel of expectChannels(source, channels)) units.add(source.units[channel]!);
  }
  for (const {units: members, name, frozen} of trace.groups) {
    if (frozen !== undefined && members.some(unit => units.has(unit))) {
      throw new RangeError(`${EXPECTED}, but channels of "${name}" must stay: they ${frozen}`);
    }
  }
  for (const source of trace.sources) expectWhole(source, units, remove[source.path] ?? []);
  return units;
}

const EXPECTED = 'Expected a plan that was made for this model';

function expectChannels({path, units}: ChannelSource, channels: readonly number[]): readonly number[] {
  if (!isList(channels))
    throw new TypeError(`${EXPECTED}, with an array of channels for "${path}", got ${received(channels)}`);
  for (const channel of channels) {
    if (Number.isInteger(channel) && channel >= 0 && channel < units.length) continue;
    throw new RangeError(`${EXPECTED}, but "${path}" has ${units.length} channels, and the plan removes ${channel}`);
  }
  return channels;
}

function expectWhole({path, units}: ChannelSource, removed: ReadonlySet<number>, channels: readonly number[]): void {
  const named = new Set(channels);
  const missing = units.findIndex((unit, channel) => removed.has(unit) && !named.has(channel));
  if (missing < 0) return;
  throw new RangeError(
    `${EXPECTED}, but it leaves channel ${missing} of "${path}", which goes together with others that it removes`,
  );
}
