import type {ChannelRole} from '../layers/cards/layer-use.js';
import type {Grouping, GroupedWeight, Scoring} from '../structures/structure.js';
import {batchNormScales} from './batch-norm-scales.js';
import {goneUnits} from './gone-units.js';
import {poolUnits} from './pool-units.js';
import type {ChannelTrace} from './trace/channel-trace.js';
import {unitSlices, type UnitSlices} from './unit-slices.js';

/** Which of its slices score a unit: all, or those that make it. */
export type ScoredMembers = (typeof SCORED_MEMBERS)[number];

export const SCORED_MEMBERS = ['all', 'producers'] as const;

/** How units are scored. */
export interface UnitScoring {
  readonly scoring: Scoring;
  readonly members: ScoredMembers;
  /** Whether the criterion sees what it needs to score a weight. By default for all. */
  readonly sees?: (weight: number) => boolean;
}

/** Scores units by the weights that have slices of them. */
export interface UnitScorer extends Required<Pick<Grouping, 'about'>> {
  readonly slices: readonly UnitSlices[];
  /** Whether anything scores a unit. */
  readonly knows: (unit: number) => boolean;
  /**
   * One score for each unit of the model: the mean of the pooled scores of its slices. -Infinity if the unit is gone,
   * NaN if nothing scores it.
   *
   * @param scores for each weight, one score for each of its values: -Infinity if the value is masked.
   */
  readonly score: (scores: readonly Float32Array[]) => Float64Array;
}

/**
 * The slices that count. The scores of a criterion that tells inputs apart, such as `averagePercentageOfZeros()`,
 * differ only along the input axis of a kernel: the slices that *take* a unit in score the unit's own activations,
 * while all slices that *make* units of a layer would get the same number, which describes the previous layer. With a
 * criterion that tells outputs apart it is the other way round.
 */
const TOLD_APART: Record<'outputs' | 'inputs' | 'weights', readonly ChannelRole[]> = {
  outputs: ['makes', 'passes'],
  inputs: ['takes', 'passes'],
  weights: ['makes', 'takes', 'passes'],
};

/**
 * Scores units, for plans and for `coupledChannels()` alike.
 *
 * @param units the units that compete. A criterion that needs the scale of a batch normalization scores those that have
 *     one, or all if none has, so that its own error names the layer.
 */
export function unitScorer(
  {trace, weights}: {trace: ChannelTrace; weights: readonly GroupedWeight[]},
  units: ReadonlySet<number>,
  {scoring, members, sees = () => true}: UnitScoring,
): UnitScorer {
  const slices = unitSlices(trace, weights);
  const roles = TOLD_APART[scoring.tellsApart ?? 'weights'].filter(role => members === 'all' || role === 'makes');
  const saying = slices.filter(({role, index}) => roles.includes(role) && sees(index));
  const scales = batchNormScales(trace, saying);
  const scaled = scoring.needsBatchNormScale ? [...units].filter(scales.has) : [];
  const asked = scaled.length > 0 ? new Set(scaled) : units;
  const scored = new Set(saying.filter(each => each.units.some(unit => asked.has(unit))));
  const scoredWeights = new Set([...scored].map(({index}) => index));
  const known = new Set([...scored].flatMap(each => [...each.units].filter(unit => asked.has(unit))));
  return {
    slices,
    about: index => {
      if (!scoredWeights.has(index)) return undefined;
      const weight = weights[index]!;
      return {
        layout: weight.layout,
        // Read only when asked for: few criteria need it.
        get batchNormScale() {
          return scales.of(weight, asked);
        },
        ofBatchNorms: value => scales.valuesOf(weight, asked, value),
      };
    },
    knows: unit => known.has(unit),
    score: scores => {
      const {reduction = 'mean'} = scoring;
      const pooled = new Map(
        slices.map(each => [each, poolUnits(scores[each.index]!, each.weight.layout.shape, each, reduction)]),
      );
      const gone = goneUnits(trace, keptUnits(pooled));
      const means = meansOf(
        [...scored].map(each => pooled.get(each)!),
        trace.unitCount,
      );
      return means.map((mean, unit) => (!known.has(unit) ? NaN : gone.has(unit) ? -Infinity : mean));
    },
  };
}

type Pooled = ReadonlyMap<number, number>;

/** The units that keep anything along an axis; all of them if the axis belongs to no scored weight. */
function keptUnits(pooled: ReadonlyMap<UnitSlices, Pooled>): Parameters<typeof goneUnits>[1] {
  const byAxis = new Map([...pooled].map(([{weight, axis}, scores]) => [`${weight.kernel.id} ${axis}`, scores]));
  return ({variable, axis, units}) => {
    const scores = byAxis.get(`${variable.id} ${axis}`);
    return scores ? [...scores.keys()].filter(unit => scores.get(unit) !== -Infinity) : units;
  };
}

/** A slice that keeps nothing counts as 0. */
function meansOf(pooled: readonly Pooled[], unitCount: number): Float64Array {
  const [sums, counts] = [new Float64Array(unitCount), new Uint32Array(unitCount)];
  for (const scores of pooled) {
    for (const [unit, score] of scores) {
      if (score !== -Infinity) sums[unit]! += score;
      counts[unit]!++;
    }
  }
  return sums.map((sum, unit) => sum / counts[unit]!);
}
