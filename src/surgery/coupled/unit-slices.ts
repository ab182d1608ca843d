import type {GroupedWeight} from '../../structures/structure.js';
import type {ChannelRole, ChannelTrace} from '../trace/channel-trace.js';

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
export function unitSlices({axes}: ChannelTrace, weights: readonly GroupedWeight[]): UnitSlices[] {
  return weights.flatMap((weight, index) =>
    axes
      .filter(({variable}) => variable.id === weight.kernel.id)
      .map(({axis, role, units}) => ({weight, index, axis, role, units})),
  );
}
