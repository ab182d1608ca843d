import type {ChannelAxis, ChannelTrace} from './trace/channel-trace.js';
import {poolUnits} from './pool-units.js';
import type {UnitKernel} from '../surgery/plan/unit-kernels.js';

/** The units that are gone already: all that makes them is masked, or all that takes them in. */
export async function goneUnits(
  kernels: readonly UnitKernel[],
  {axes}: Pick<ChannelTrace, 'axes'>,
): Promise<Set<number>> {
  const masks = new Map<number, Float32Array>();
  for (const {weight} of kernels) masks.set(weight.kernel.id, await weight.maskValues());
  const isMasked = ({variable}: ChannelAxis) => masks.has(variable.id);
  const largest = (axis: ChannelAxis) => {
    const mask = masks.get(axis.variable.id);
    return mask ? poolUnits(mask, axis.variable.shape as number[], axis, 'max') : allThere(axis);
  };
  // A bias alone makes nothing, but any weight may take in.
  const makers = axes.filter(axis => axis.role === 'makes' && isMasked(axis));
  const takers = axes.filter(({role}) => role === 'takes');
  return new Set([makers, takers].flatMap(ends => zerosIn(ends.map(largest))));
}

function allThere({units}: ChannelAxis): Map<number, number> {
  return new Map(Array.from(units, unit => [unit, 1]));
}

/** The units for which no map has anything else than 0. */
function zerosIn(maps: readonly ReadonlyMap<number, number>[]): number[] {
  const sums = new Map<number, number>();
  for (const map of maps) for (const [unit, value] of map) sums.set(unit, (sums.get(unit) ?? 0) + value);
  return [...sums.keys()].filter(unit => sums.get(unit) === 0);
}
