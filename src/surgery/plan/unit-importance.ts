import {scoreOf, type Criterion} from '../../criteria/criterion.js';
import {expectScores} from '../../masks/expect-groups.js';
import {expectFinite, scoresOf} from '../../masks/score-weight.js';
import type {Evidence} from '../../passes/evidence.js';
import {withEvidence} from '../../passes/with-evidence.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import {goneUnits} from './gone-units.js';
import type {RuledGroup} from './plan-groups.js';
import type {PlanOptions} from './plan-options.js';
import {poolUnits} from './pool-units.js';
import {unitScales, type ScaledKernel, type UnitScales} from './unit-scales.js';
import {scoredKernels, type UnitKernel} from './unit-kernels.js';

/** A wrapped model, and what is known of its channels. */
export interface WrappedChannels {
  readonly model: Model;
  readonly trace: ChannelTrace;
  readonly kernels: readonly UnitKernel[];
  readonly groups: readonly RuledGroup[];
}

/**
 * What the units that may go are worth, by a criterion that has seen what it goes by.
 *
 * @param owner who asks, for messages.
 * @returns one score for each unit of the model: -Infinity where it is gone already, NaN where nothing says what it is
 *     worth.
 */
export async function importanceOfUnits(
  owner: string,
  {model, trace, kernels, groups}: WrappedChannels,
  {criterion, members, data, loss}: Pick<PlanOptions, 'criterion' | 'members' | 'data' | 'loss'>,
): Promise<Float64Array> {
  const free = new Set(groups.flatMap(({group, stays}) => (stays === undefined ? [...group.units] : [])));
  const all = scoredKernels(kernels, criterion, members, unit => free.has(unit));
  const asked = criterion.needsBatchNormScale ? scaledUnits(all, trace, free) : free;
  const scored = scoredKernels(all, criterion, members, unit => asked.has(unit));
  if (scored.length === 0) return new Float64Array(trace.unitCount).fill(NaN);
  const scales = unitScales(scored.map(scaledKernel), trace, unit => asked.has(unit));
  const scene = {model, weights: scored.map(({weight}) => weight)};
  const scores = await withEvidence(criterion, scene, {data, loss}, evidence =>
    scoreUnits(scored, criterion, evidence, scales, trace.unitCount),
  );
  const gone = await goneUnits(kernels, trace);
  return scores.map((score, unit) => {
    if (!asked.has(unit) || Number.isNaN(score)) return NaN;
    return gone.has(unit) ? -Infinity : score;
  });
}

/**
 * Those of some units that go through batch normalizations with a scale; all where none does, and the criterion says
 * so.
 */
function scaledUnits(kernels: readonly UnitKernel[], trace: ChannelTrace, units: ReadonlySet<number>): Set<number> {
  const {has} = unitScales(kernels.map(scaledKernel), trace, unit => units.has(unit));
  const scaled = new Set([...units].filter(has));
  return scaled.size > 0 ? scaled : new Set(units);
}

function scaledKernel({layout, axes, vectors}: UnitKernel): ScaledKernel {
  return {layout, axes, scale: vectors?.scale};
}

/**
 * What each unit is worth: the mean over the axes along which it lies, of what the criterion makes of the weights at
 * its positions. What is masked scores 0.
 *
 * @param kernels with those of their axes that count.
 * @returns one score for each unit of the model; NaN where no axis counts.
 * @throws TypeError or RangeError where the criterion does not score, or a score is NaN.
 */
async function scoreUnits(
  kernels: readonly UnitKernel[],
  criterion: Criterion,
  evidence: Evidence,
  scales: UnitScales,
  unitCount: number,
): Promise<Float64Array> {
  const [sums, counts] = [new Float64Array(unitCount), new Uint32Array(unitCount)];
  for (const kernel of kernels) {
    const values = await elementScores(kernel, criterion, evidence, scales);
    for (const axis of kernel.axes) {
      for (const [unit, score] of poolUnits(values, kernel.weight.layout.shape, axis, criterion.reduction ?? 'mean')) {
        sums[unit]! += score;
        counts[unit]!++;
      }
    }
  }
  return sums.map((sum, unit) => sum / counts[unit]!);
}

async function elementScores(
  kernel: UnitKernel,
  criterion: Criterion,
  evidence: Evidence,
  scales: UnitScales,
): Promise<Float32Array> {
  const {weight, name, layout} = kernel;
  const scores = await scoresOf(layout, () =>
    scoreOf(criterion, weight.read(), evidence.get(weight), {
      layout,
      // Few ask for it.
      get batchNormScale() {
        return scales.of(scaledKernel(kernel));
      },
    }),
  );
  expectScores(name, scores);
  expectFinite(name, scores);
  const mask = await weight.maskValues();
  return scores.map((score, i) => (mask[i] === 0 ? 0 : score));
}
