import {sizeOf} from '../../report/used-layers.js';
import {slices} from '../../structures/slices.js';
import type {GroupedWeight, Grouping, Reduction} from '../../structures/structure.js';
import type {Model} from '../../tfjs-internals.js';
import {withoutGoneChannels} from './coupled-vectors.js';
import {partlyPruned, prunableGroups} from './prunable-groups.js';
import type {ChannelRole} from '../trace/channel-trace.js';
import {traceChannels} from '../trace/trace-channels.js';
import {scoreGroups} from './unit-scores.js';
import {unitSlices, type UnitSlices} from './unit-slices.js';

/** How units are scored. */
export interface UnitScoring {
  /** Whether only those slices count that make a unit. */
  readonly byProducers: boolean;
  /** What the criterion can tell apart. */
  readonly tellsApart: 'outputs' | 'inputs' | undefined;
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
  const groups = prunableGroups('coupledChannels()', trace, weights);
  const all = unitSlices(trace, weights);
  const units = new Set(groups.flatMap(group => [...group.units]));
  const scored = all.filter(slices => hasSay(slices.role, scoring) && slices.units.some(unit => units.has(unit)));
  return {
    scored: weights.map((_, i) => scored.some(({index}) => index === i)),
    pool: (scores, reduction = 'mean') => scoreGroups(groups, scored, scores, scoring.reduction ?? reduction),
    spread: kept => {
      const gone = groups.flatMap(({units}, g) => [...units].filter((_, i) => kept[g]![i] === 0));
      return spreadUnits(all, new Set(gone), weights);
    },
    withoutGone: withoutGoneChannels(trace, groups, all),
    leftOut: partlyPruned(trace, weights),
  };
}

/** Whether scores of slices say anything of their units: where a criterion scores all of an output alike, its inputs' do not. */
function hasSay(role: ChannelRole, {byProducers, tellsApart}: UnitScoring): boolean {
  return role === 'makes' || (!byProducers && !(tellsApart === 'outputs' && role === 'takes'));
}

/** The masks of weights when some units are gone: a weight stays where the units of all its slices do. */
export function spreadUnits(
  all: readonly UnitSlices[],
  gone: ReadonlySet<number>,
  weights: readonly GroupedWeight[],
): Uint8Array[] {
  const masks = weights.map(({layout}) => new Uint8Array(sizeOf([...layout.shape])).fill(1));
  for (const {weight, index, axis, units} of all) {
    if (!units.some(unit => gone.has(unit))) continue;
    const positions = Uint8Array.from(units, unit => (gone.has(unit) ? 0 : 1));
    multiply(masks[index]!, slices(axis).spread(positions, weight.layout));
  }
  return masks;
}

/** A loop: the mapping of typed arrays is slow. */
function multiply(mask: Uint8Array, by: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i]! *= by[i]!;
}
