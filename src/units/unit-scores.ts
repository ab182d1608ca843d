import type {LayerScores, Reduction} from '../structures/structure.js';
import type {ChannelGroup} from './trace/channel-trace.js';
import {poolUnits} from '../surgery/plan/pool-units.js';
import type {UnitSlices} from './unit-slices.js';

/** What the slices of a unit say together. */
interface UnitScore {
  sum: number;
  slices: number;
  /** Whether any slice is left that makes the unit. */
  isMade: boolean;
}

/** Of each unit the mean over its slices' scores; -Infinity where all are gone that make it. */
export function scoreGroups(
  groups: readonly ChannelGroup[],
  scored: readonly UnitSlices[],
  scores: readonly Float32Array[],
  reduction: Reduction,
): LayerScores[] {
  const units = new Map<number, UnitScore>();
  for (const slices of scored) addScores(units, slices, scores[slices.index]!, reduction);
  return groups.map(({name, units: own}) => {
    const {layout} = scored.find(slices => slices.role === 'makes' && slices.units.includes(own[0]!))!.weight;
    return {name, layout, scores: Float32Array.from(own, unit => meanOf(units.get(unit)!))};
  });
}

/** What is gone scores -Infinity, and counts as 0. */
function addScores(
  units: Map<number, UnitScore>,
  slices: UnitSlices,
  scores: Float32Array,
  reduction: Reduction,
): void {
  const {shape} = slices.weight.layout;
  const largest = poolUnits(scores, shape, slices, 'max');
  const gone = -Infinity;
  const pooled =
    reduction === 'max'
      ? largest
      : poolUnits(
          scores.map(score => (score === gone ? 0 : score)),
          shape,
          slices,
          reduction,
        );
  for (const [unit, score] of pooled) {
    const total = units.get(unit) ?? {sum: 0, slices: 0, isMade: false};
    units.set(unit, total);
    const isLeft = largest.get(unit) !== gone;
    if (isLeft) total.sum += score;
    total.slices++;
    total.isMade ||= isLeft && slices.role === 'makes';
  }
}

function meanOf({sum, slices, isMade}: UnitScore): number {
  return isMade ? sum / slices : -Infinity;
}
