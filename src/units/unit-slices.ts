import type {ChannelRole} from '../layers/cards/layer-use.js';
import type {GroupedWeight} from '../structures/structure.js';
import {axesByWeight} from './trace/axes-by-weight.js';
import type {ChannelTrace} from './trace/channel-trace.js';

/** The slices of a weight along one of its axes, each of which belongs to a unit. */
export interface UnitSlices {
  readonly weight: GroupedWeight;
  /** The weight's index in the given list. */
  readonly index: number;
  readonly axis: number;
  readonly role: ChannelRole;
  /** The unit of each slice. */
  readonly units: Int32Array;
}

/** The slices of some weights along all axes that channels run along. */
export function unitSlices(trace: Pick<ChannelTrace, 'axes'>, weights: readonly GroupedWeight[]): UnitSlices[] {
  const axesOf = axesByWeight(trace);
  return weights.flatMap((weight, index) =>
    (axesOf[weight.kernel.id] ?? []).map(({axis, role, units}) => ({weight, index, axis, role, units})),
  );
}

/** For each unit the first weight that makes it, or else the first with slices of it. */
export function weightsOfUnits(slices: readonly UnitSlices[]): Map<number, GroupedWeight> {
  const found = new Map<number, GroupedWeight>();
  for (const {units, weight} of [...slices.filter(({role}) => role === 'makes'), ...slices]) {
    for (const unit of units) if (!found.has(unit)) found.set(unit, weight);
  }
  return found;
}
