import type {Criterion} from '../../criteria/criterion.js';
import {expectScores, scoresOf, unseen, withMeasured} from '../../masks/choose-masks.js';
import {observes} from '../../passes/observer.js';
import {withObserved} from '../../passes/with-observed.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelTrace} from '../trace/channel-trace.js';
import {goneUnits} from './gone-units.js';
import type {RuledGroup} from './plan-groups.js';
import type {PlanOptions} from './plan-options.js';
import {poolUnits} from './pool-units.js';
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
 * @returns one score for each unit of the model: -Infinity where it is gone already, NaN where nothing says what it is worth.
 */
export async function importanceOfUnits(
  owner: string,
  {model, trace, kernels, groups}: WrappedChannels,
  {criterion, members, data, loss}: Pick<PlanOptions, 'criterion' | 'members' | 'data' | 'loss'>,
): Promise<Float64Array> {
  const asked = new Set(groups.flatMap(({group, stays}) => (stays === undefined ? [...group.units] : [])));
  const scored = scoredKernels(kernels, criterion, members, unit => asked.has(unit));
  if (scored.length === 0) return new Float64Array(trace.unitCount).fill(NaN);
  const scores = await withObserved(owner, model, scored, criterion, {data, loss}, observed =>
    withMeasured(observed, criterion, measured => scoreUnits(measured, criterion, trace.unitCount)),
  );
  const gone = await goneUnits(kernels, trace);
  return scores.map((score, unit) => (gone.has(unit) && !Number.isNaN(score) ? -Infinity : score));
}

/**
 * What each unit is worth: the mean over the axes along which it lies, of what the criterion makes of the weights at its
 * positions. What is masked scores 0.
 *
 * @param kernels with what was observed of them, and those of their axes that count.
 * @returns one score for each unit of the model; NaN where no axis counts.
 * @throws TypeError or RangeError where the criterion does not score, or a score is NaN.
 */
async function scoreUnits(
  kernels: readonly UnitKernel[],
  criterion: Criterion,
  unitCount: number,
): Promise<Float64Array> {
  const [sums, counts] = [new Float64Array(unitCount), new Uint32Array(unitCount)];
  for (const kernel of kernels) {
    const values = await elementScores(kernel, criterion);
    for (const axis of kernel.axes) {
      for (const [unit, score] of poolUnits(values, kernel.weight.layout.shape, axis, criterion.reduction ?? 'mean')) {
        sums[unit]! += score;
        counts[unit]!++;
      }
    }
  }
  return sums.map((sum, unit) => sum / counts[unit]!);
}

async function elementScores({weight, name, unit, observed}: UnitKernel, criterion: Criterion): Promise<Float32Array> {
  if (observes(criterion) && !observed) throw unseen(name);
  const layout = {...weight.layout, name};
  const about = {layout, batchNormScale: unit?.scale?.read()};
  const scores = await scoresOf(layout, () => criterion.score(weight.read(), observed, about));
  expectScores(name, scores);
  const mask = await weight.maskValues();
  return scores.map((score, i) => (mask[i] === 0 ? 0 : score));
}
