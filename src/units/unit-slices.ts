import type {ChannelRole} from '../layers/cards/layer-use.js';
import type {GroupedWeight} from '../structures/structure.js';
import {axesByWeight} from './trace/axes-by-weight.js';
import type {ChannelTrace} from './trace/channel-trace.js';

/** The slices of a weight along one of its axes: each belongs to a unit. */
export interface UnitSlices {
  readonly weight: GroupedWeight;
  /** The weight's place among those that are pruned together. */
  readonly index: number;
  readonly axis: number;
  readonly role: ChannelRole;
  /** The unit of each slice. */
  readonly units: Int32Array;
}

/** All axes of some weights along which channels run. */
export function unitSlices(trace: ChannelTrace, weights: readonly GroupedWeight[]): UnitSlices[] {
  const axesOf = axesByWeight(trace);
  return weights.flatMap((weight, index) =>
    (axesOf[weight.kernel.id] ?? []).map(({axis, role, units}) => ({weight, index, axis, role, units})),
  );
}
