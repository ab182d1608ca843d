import partition from 'lodash/partition.js';
import {sizeOf} from '../math/size-of.js';
import {slices as alongAxis} from '../structures/slices.js';
import type {GroupedWeight, Grouping} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';
import {chainsIn} from './chains-in.js';
import {listed, partlyPruned, prunableGroups} from './prunable-groups.js';
import type {ChannelGroup} from './trace/channel-trace.js';
import {traceChannels} from './trace/trace-channels.js';
import {unitScorer, type UnitScoring} from './unit-scorer.js';
import {weightsOfUnits, type UnitSlices} from './unit-slices.js';
import {slicesOfUnits, withoutUnmadeUnits} from './unit-vectors.js';

const OWNER = 'coupledChannels()';

/**
 * The units of a model's channels, as groups over all weights that have slices of them.
 *
 * @throws RangeError if none can be pruned or scored.
 */
export function unitGrouping(model: Model, weights: readonly GroupedWeight[], how: UnitScoring): Grouping {
  const trace = traceChannels(model);
  const free = prunableGroups(OWNER, trace, weights);
  const {slices, about, knows, score} = unitScorer({trace, weights}, unitsOf(free), how);
  const [groups, unscored] = partition(free, ({units}) => knows(units[0]!));
  if (groups.length === 0) throw new RangeError(`${OWNER} finds nothing to prune: ${kept(unscored, how)}`);
  const weightOf = weightsOfUnits(slices);
  const chainOf = chainsIn(trace);
  return {
    about,
    pool: scores => {
      const all = score(scores);
      return groups.map(({name, units}) => {
        const {layout} = weightOf.get(units[0]!)!;
        return {name, layout, chain: chainOf(units[0]!), scores: Float32Array.from(units, unit => all[unit]!)};
      });
    },
    spread: masks => {
      const gone = groups.flatMap(({units}, g) => [...units].filter((_, i) => masks[g]![i] === 0));
      return spreadUnits(slices, new Set(gone), weights);
    },
    withoutGone: withoutUnmadeUnits(trace, groups, slices),
    slices: () => slicesOfUnits(trace, groups, slices),
    leftOut: [partlyPruned(trace, weights), kept(unscored, how)].filter(Boolean).join('; ') || undefined,
  };
}

function unitsOf(groups: readonly ChannelGroup[]): Set<number> {
  return new Set(groups.flatMap(({units}) => [...units]));
}

/** Which groups are kept because nothing scores them; undefined if there are none. */
function kept(unscored: readonly ChannelGroup[], {scoring}: UnitScoring): string | undefined {
  if (unscored.length === 0) return undefined;
  const why = scoring.needsBatchNormScale
    ? 'they go through no batch normalization with a scale'
    : 'the criterion can score none of their kernels';
  return `channels of ${listed(unscored.map(({name}) => name))} are kept, since ${why}`;
}

/** The masks of weights when some units are gone: a weight is kept if the units of all its slices are kept. */
export function spreadUnits(
  slices: readonly UnitSlices[],
  gone: ReadonlySet<number>,
  weights: readonly GroupedWeight[],
): Uint8Array[] {
  const masks = weights.map(({layout}) => new Uint8Array(sizeOf(layout.shape)).fill(1));
  for (const {weight, index, axis, units} of slices) {
    if (!units.some(unit => gone.has(unit))) continue;
    const positions = Uint8Array.from(units, unit => (gone.has(unit) ? 0 : 1));
    multiply(masks[index]!, alongAxis(axis).spread(positions, weight.layout));
  }
  return masks;
}

/** A loop, since `map` of typed arrays is slow. */
function multiply(mask: Uint8Array, by: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i]! *= by[i]!;
}
