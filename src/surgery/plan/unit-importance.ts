import {withMeasured} from '../../masks/choose-masks.js';
import {withObserved} from '../../passes/with-observed.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelTrace} from '../trace/channel-trace.js';
import {goneUnits} from './gone-units.js';
import type {RuledGroup} from './plan-groups.js';
import type {PlanOptions} from './plan-options.js';
import {scoreUnits} from './score-units.js';
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
