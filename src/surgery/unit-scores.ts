import groupBy from 'lodash/groupBy.js';
import sum from 'lodash/sum.js';
import sumBy from 'lodash/sumBy.js';
import type {LayerScores} from '../allocations/allocation.js';
import {slices} from '../structures/slices.js';
import type {Reduction} from '../structures/structure.js';
import type {ChannelGroup, ChannelRole} from './channel-trace.js';
import type {UnitSlices} from './unit-slices.js';

/** Of each unit the mean over its slices' scores; -Infinity where all are gone that make it. */
export function poolUnits(
  groups: readonly ChannelGroup[],
  scored: readonly UnitSlices[],
  scores: readonly Float32Array[],
  reduction: Reduction,
): LayerScores[] {
  const slicesOf = groupBy(
    scored.flatMap(one => scoreUnits(one, scores[one.index]!, reduction)),
    'unit',
  );
  return groups.map(({name, units}) => {
    const {layout} = scored.find(({role, units: own}) => role === 'makes' && own.includes(units[0]!))!.weight;
    return {name, layout, scores: Float32Array.from(units, unit => meanOf(slicesOf[unit]!))};
  });
}

/** What one weight gives to the score of a unit. */
interface SliceScore {
  readonly unit: number;
  readonly role: ChannelRole;
  readonly score: number;
}

/** A unit has several slices of a weight where it is flattened, or has gates. */
function scoreUnits({weight, axis, role, units}: UnitSlices, scores: Float32Array, reduction: Reduction): SliceScore[] {
  const pooled = slices(axis).pool(scores, weight.layout, reduction);
  const positionsOf = groupBy([...units.keys()], position => units[position]);
  return Object.entries(positionsOf).map(([unit, positions]) => {
    const own = positions.map(position => pooled[position]!);
    return {unit: Number(unit), role, score: poolAll(own, reduction)};
  });
}

/** What is gone counts as 0, and -Infinity where all is. */
function poolAll(scores: readonly number[], reduction: Reduction): number {
  const present = scores.filter(score => score !== -Infinity);
  if (present.length === 0) return -Infinity;
  if (reduction === 'max') return present.reduce((most, score) => Math.max(most, score));
  return reduction === 'mean' ? sum(present) / scores.length : sum(present);
}

function meanOf(slices: readonly SliceScore[]): number {
  const present = slices.filter(({score}) => score !== -Infinity);
  if (!present.some(({role}) => role === 'makes')) return -Infinity;
  return sumBy(present, 'score') / slices.length;
}
