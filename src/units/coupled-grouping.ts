import difference from 'lodash/difference.js';
import {sizeOf} from '../report/used-layers.js';
import {slices} from '../structures/slices.js';
import type {GroupedWeight, Grouping, Reduction, Scoring} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';
import {withoutGoneChannels} from './coupled-vectors.js';
import {listed, partlyPruned, prunableGroups} from './prunable-groups.js';
import type {ChannelGroup, ChannelRole, ChannelTrace} from './trace/channel-trace.js';
import {traceChannels} from './trace/trace-channels.js';
import {unitScales, type ScaledKernel} from '../surgery/plan/unit-scales.js';
import {scoreGroups} from './unit-scores.js';
import {unitSlices, type UnitSlices} from './unit-slices.js';

/** How units are scored. */
export interface UnitScoring {
  /** Whether only those slices count that make a unit. */
  readonly byProducers: boolean;
  readonly criterion: Scoring;
  /** How to combine the scores of a slice. Defaults to 'mean'. */
  readonly reduction: Reduction | undefined;
}

/**
 * The units of a model's channels as groups over all weights that they have slices of.
 *
 * @throws RangeError where none can go.
 */
export function coupledGrouping(model: Model, weights: readonly GroupedWeight[], scoring: UnitScoring): Grouping {
  const trace = traceChannels(model);
  const all = unitSlices(trace, weights);
  const saying = all.filter(({role}) => hasSay(role, scoring));
  const kernels = scaledKernels(weights, saying);
  const free = prunableGroups('coupledChannels()', trace, weights);
  const unscaled = scoring.criterion.needsBatchNormScale ? unscaledAmong(free, kernels, trace) : [];
  const groups = difference(free, unscaled);
  const units = new Set(groups.flatMap(group => [...group.units]));
  const scored = saying.filter(slices => slices.units.some(unit => units.has(unit)));
  const scales = unitScales(kernels, trace, unit => units.has(unit));
  return {
    about: i => {
      if (!scored.some(({index}) => index === i)) return undefined;
      return {
        layout: weights[i]!.layout,
        get batchNormScale() {
          return scales.of(kernels[i]!);
        },
      };
    },
    pool: scores => scoreGroups(groups, scored, scores, scoring.reduction ?? 'mean'),
    spread: kept => {
      const gone = groups.flatMap(({units}, g) => [...units].filter((_, i) => kept[g]![i] === 0));
      return spreadUnits(all, new Set(gone), weights);
    },
    withoutGone: withoutGoneChannels(trace, groups, all),
    leftOut: [partlyPruned(trace, weights), staying(unscaled)].filter(Boolean).join('; ') || undefined,
  };
}

/** The weights with those of their slices that have a say, and their own scales. */
function scaledKernels(weights: readonly GroupedWeight[], saying: readonly UnitSlices[]): ScaledKernel[] {
  return weights.map(({layout, vectors}, i) => {
    return {layout, axes: saying.filter(({index}) => index === i), scale: vectors?.scale};
  });
}

/**
 * The groups that go through no batch normalization; none where no other does, either, which the criterion then says.
 */
function unscaledAmong(
  groups: readonly ChannelGroup[],
  kernels: readonly ScaledKernel[],
  trace: ChannelTrace,
): ChannelGroup[] {
  const {has} = unitScales(kernels, trace, () => true);
  const unscaled = groups.filter(({units}) => !has(units[0]!));
  return unscaled.length < groups.length ? unscaled : [];
}

function staying(unscaled: readonly ChannelGroup[]): string | undefined {
  if (unscaled.length === 0) return undefined;
  return `channels of ${listed(unscaled.map(({name}) => name))} stay, since they go through no batch normalization with a scale`;
}

/**
 * Whether scores of slices say anything of their units: where a criterion scores all of an output alike, its inputs' do
 * not.
 */
function hasSay(role: ChannelRole, {byProducers, criterion}: UnitScoring): boolean {
  return role === 'makes' || (!byProducers && !(criterion.tellsApart === 'outputs' && role === 'takes'));
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
