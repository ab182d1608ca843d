import groupBy from 'lodash/groupBy.js';
import type {ChannelAxis, ChannelTrace} from './trace/channel-trace.js';

/**
 * The units that are gone: nothing is kept of the kernels that make them, or nothing of everything that takes them in.
 * A bias alone makes no unit; a layer that takes a unit in without a weight keeps it.
 *
 * @param keptOf the units that keep anything along an axis of a weight.
 */
export function goneUnits(
  {axes, groups}: Pick<ChannelTrace, 'axes' | 'groups'>,
  keptOf: (axis: ChannelAxis) => Iterable<number>,
): Set<number> {
  const makers = axes.filter(({role, variable}) => role === 'makes' && variable.shape.length > 1);
  const takers = axes.filter(({role}) => role === 'takes');
  const unmade = unitsOf(makers);
  const unused = unitsOf(takers);
  for (const maker of makers) for (const unit of keptOf(maker)) unmade.delete(unit);
  for (const taker of takers) for (const unit of keptOf(taker)) unused.delete(unit);
  for (const unit of takenWithoutWeight(groups, takers)) unused.delete(unit);
  return new Set([...unmade, ...unused]);
}

function unitsOf(axes: readonly ChannelAxis[]): Set<number> {
  const units = new Set<number>();
  for (const axis of axes) for (const unit of axis.units) units.add(unit);
  return units;
}

function takenWithoutWeight(groups: ChannelTrace['groups'], takers: readonly ChannelAxis[]): number[] {
  const takersIn = groupBy(takers, 'path');
  const hasWeight = (path: string, unit: number) => takersIn[path]?.some(({units}) => units.includes(unit)) ?? false;
  return groups
    .filter(({consumers, units}) => consumers.some(path => !hasWeight(path, units[0]!)))
    .flatMap(({units}) => [...units]);
}
