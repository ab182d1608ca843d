import {shortList} from '../display/short-list.js';
import type {GroupedWeight} from '../structures/structure.js';
import type {ChannelAxis, ChannelGroup, ChannelSource, ChannelTrace} from './trace/channel-trace.js';
import {formatChannelTrace} from './trace/format-channel-trace.js';

/**
 * The groups of units that masks on the given weights can remove: all kernels that make them are among these.
 *
 * @param owner the function that asks, for the message.
 * @throws RangeError, with a table that says why, if there are none.
 */
export function prunableGroups(owner: string, trace: ChannelTrace, weights: readonly GroupedWeight[]): ChannelGroup[] {
  const others = pathsNotPruned(trace, weights);
  const free = trace.groups.filter(({frozen}) => frozen === undefined);
  const groups = free.filter(({layers}) => !layers.some(path => others.includes(path)));
  if (groups.length > 0) return groups;
  const missing = others.filter(path => free.some(({layers}) => layers.includes(path))).map(path => `"${path}"`);
  const notPruned = `kernels of ${missing.join(', ')} are not pruned; wrap and choose all layers that make a channel`;
  const why = missing.length === 0 ? 'no channel can be removed' : notPruned;
  throw new RangeError(`${owner} finds nothing to prune: ${why}\n${formatChannelTrace(trace)}`);
}

/** Which groups are kept because only some of the layers that make them are pruned; undefined if there are none. */
export function partlyPruned(trace: ChannelTrace, weights: readonly GroupedWeight[]): string | undefined {
  const others = pathsNotPruned(trace, weights);
  const kept = trace.groups.filter(({frozen, layers}) => {
    const missing = layers.filter(path => others.includes(path)).length;
    return frozen === undefined && missing > 0 && missing < layers.length;
  });
  if (kept.length === 0) return undefined;
  const missing = others.filter(path => kept.some(({layers}) => layers.includes(path)));
  const names = listed(kept.map(({name}) => name));
  return `channels of ${names} are kept, since kernels of ${listed(missing)} are not pruned`;
}

/** Names in quotes, as many as fit on a line. */
export function listed(names: readonly string[]): string {
  return shortList(
    names.map(name => `"${name}"`),
    ', ',
    60,
  );
}

/** The layers with channels made by kernels that are not all among the given weights. */
function pathsNotPruned(trace: ChannelTrace, weights: readonly GroupedWeight[]): string[] {
  const pruned = new Set(weights.map(({kernel}) => kernel.id));
  return trace.sources.filter(source => !isMadeBy(pruned, source, trace.axes)).map(({path}) => path);
}

function isMadeBy(pruned: ReadonlySet<number>, {home, units}: ChannelSource, axes: readonly ChannelAxis[]): boolean {
  const makers = axes.filter(axis => axis.path === home && axis.role === 'makes' && axis.variable.shape.length > 1);
  const own = new Set(units);
  const kernels = makers.filter(axis => axis.units.some(unit => own.has(unit)));
  return kernels.length > 0 && kernels.every(({variable}) => pruned.has(variable.id));
}
