import {slices} from '../../structures/slices.js';
import type {GroupedWeight, Grouping, Reduction, WeightLayout} from '../../structures/structure.js';
import type {Model} from '../../tfjs-internals.js';
import {withoutGoneChannels} from './coupled-vectors.js';
import {prunableGroups} from './prunable-groups.js';
import {traceChannels} from '../trace/trace-channels.js';
import {scoreGroups} from './unit-scores.js';
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
    pool: (scores, reduction = 'mean') => scoreGroups(groups, scored, scores, scoring.reduction ?? reduction),
    spread: kept => {
      const gone = groups.flatMap(({units}, g) => [...units].filter((_, i) => kept[g]![i] === 0));
      return spreadUnits(all, new Set(gone), weights);
    },
    withoutGone: withoutGoneChannels(trace, groups, all),
  };
}

/** The masks of weights when some units are gone: a weight stays where the units of all its slices do. */
export function spreadUnits(
  all: readonly UnitSlices[],
  gone: ReadonlySet<number>,
  weights: readonly GroupedWeight[],
): Uint8Array[] {
  const masks = weights.map(({layout}) => new Uint8Array(sizeOf(layout)).fill(1));
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

function sizeOf({shape}: WeightLayout): number {
  return shape.reduce((product, size) => product * size, 1);
}
