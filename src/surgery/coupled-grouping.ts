import groupBy from 'lodash/groupBy.js';
import sum from 'lodash/sum.js';
import sumBy from 'lodash/sumBy.js';
import type {LayerScores} from '../allocations/allocation.js';
import {slices} from '../structures/slices.js';
import type {GroupedWeight, Grouping, Reduction, WeightLayout} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';
import type {ChannelGroup, ChannelRole} from './channel-trace.js';
import {withoutGoneUnits} from './coupled-vectors.js';
import {prunableGroups} from './prunable-groups.js';
import {traceChannels} from './trace-channels.js';
import {unitSlices, type UnitSlices} from './unit-slices.js';

/** How units are scored. */
export interface UnitScoring {
  /** Whether only those slices count that make a unit. */
  readonly byProducers: boolean;
  /** Goes before what the criterion asks for. */
  readonly reduction: Reduction | undefined;
}

/**
 * The units of a model's channels as groups over all weights that they have slices of.
 *
 * @throws RangeError where none can go.
 */
export function coupledGrouping(model: Model, weights: readonly GroupedWeight[], scoring: UnitScoring): Grouping {
  const trace = traceChannels(model);
  const groups = prunableGroups(trace, weights);
  const all = unitSlices(trace, weights);
  const scored = scoring.byProducers ? all.filter(({role}) => role === 'makes') : all;
  return {
    pool: (scores, reduction = 'mean') => poolUnits(groups, scored, scores, scoring.reduction ?? reduction),
    spread: kept => spreadUnits(groups, all, kept, weights),
    withoutGone: withoutGoneUnits(trace, groups, all),
  };
}

/** Of each unit the mean over its slices' scores; -Infinity where all are gone that make it. */
function poolUnits(
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

/** A weight stays where the units of all its slices do. */
function spreadUnits(
  groups: readonly ChannelGroup[],
  all: readonly UnitSlices[],
  kept: readonly Uint8Array[],
  weights: readonly GroupedWeight[],
): Uint8Array[] {
  const stays = new Map(groups.flatMap(({units}, g) => [...units].map((unit, i) => [unit, kept[g]![i]!])));
  const masks = weights.map(({layout}) => new Uint8Array(sizeOf(layout)).fill(1));
  for (const {weight, index, axis, units} of all) {
    const positions = Uint8Array.from(units, unit => stays.get(unit) ?? 1);
    if (!positions.every(bit => bit === 1)) multiply(masks[index]!, slices(axis).spread(positions, weight.layout));
  }
  return masks;
}

/** A loop: the mapping of typed arrays is slow. */
function multiply(mask: Uint8Array, by: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i]! *= by[i]!;
}

function sizeOf({shape}: WeightLayout): number {
  return shape.reduce((product, size) => product * size, 1);
}
