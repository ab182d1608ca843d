import sumBy from 'lodash/sumBy.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelPlan, ModelSizes} from './channel-plan.js';
import type {ChannelTrace} from '../trace/channel-trace.js';
import {chooseUnits, type ChosenUnits} from './choose-units.js';
import {latencyGoal} from './latency-goal.js';
import {sizesWithout, type SizedWeight} from './model-sizes.js';
import {sizeGoal, sparsityGoal, type Goal} from './plan-goal.js';
import type {RuledGroup} from './plan-groups.js';
import {planOfUnits} from './plan-of-units.js';
import type {PlanOptions} from './plan-options.js';
import {rankGroups, type Candidate} from './ranked-groups.js';
import type {UnitKernel} from './unit-kernels.js';

/** All that a plan is made of. */
export interface ScoredChannels {
  /** Only a target of latency looks at it. */
  readonly model: Model;
  readonly trace: Pick<ChannelTrace, 'groups' | 'sources' | 'unitCount'>;
  readonly kernels: readonly UnitKernel[];
  readonly groups: readonly RuledGroup[];
  /** One for each unit of the model: -Infinity where it is gone, NaN where none is known. */
  readonly scores: Float64Array;
  readonly weights: readonly SizedWeight[];
}

/** The plan that removes the fewest of the worst units. */
export async function planByScores(
  scored: ScoredChannels,
  options: Pick<PlanOptions, 'target' | 'allocation' | 'latencyOf'>,
): Promise<ChannelPlan> {
  const groups = scored.groups.map(group => unlessUnscored(group, scored.scores));
  const candidates = rankGroups(groups, scored.scores, scored.kernels);
  const sizesAfter = sizesOf(scored);
  const planAfter = (units: readonly number[]) => planOfUnits(scored.trace, groups, units, sizesAfter);
  const goal = goalOf(options, {...scored, candidates, sizesAfter, planAfter});
  const chosen = await chooseUnits(candidates, options.allocation, async units =>
    goal.isEnough(await goal.achieved(units)),
  );
  return {...planAfter(chosen.units), target: options.target, ...(await shortfallOf(goal, chosen, candidates))};
}

/** What a target may be measured by. */
interface Measures extends Pick<ScoredChannels, 'model'> {
  readonly candidates: readonly Candidate[];
  readonly sizesAfter: (units: readonly number[]) => ModelSizes;
  readonly planAfter: (units: readonly number[]) => Pick<ChannelPlan, 'remove'>;
}

function goalOf(
  {target: {sparsity, multiplyAdds, parameters, latency}, latencyOf}: Pick<PlanOptions, 'target' | 'latencyOf'>,
  {candidates, sizesAfter, planAfter, model}: Measures,
): Goal {
  if (sparsity !== undefined) return sparsityGoal(sparsity, sumBy(candidates, 'rule.group.units.length'));
  if (parameters !== undefined) return sizeGoal(parameters, 'parameters', sizesAfter);
  if (multiplyAdds !== undefined) return sizeGoal(multiplyAdds, 'multiplyAdds', sizesAfter);
  return latencyGoal(latency!, model, planAfter, latencyOf);
}

function unlessUnscored(group: RuledGroup, scores: Float64Array): RuledGroup {
  const isScored = !Number.isNaN(scores[group.group.units[0]!]);
  if (isScored || group.stays !== undefined) return group;
  return {...group, stays: 'have no kernel that the criterion can score'};
}

function sizesOf({trace, weights}: ScoredChannels): (units: readonly number[]) => ModelSizes {
  const channels = sumBy(trace.groups, ({units}) => units.length);
  return units => {
    const gone = new Uint8Array(trace.unitCount);
    for (const unit of units) gone[unit] = 1;
    return {channels: channels - units.length, ...sizesWithout(gone, weights)};
  };
}

async function shortfallOf(
  goal: Goal,
  {units, isEnough}: ChosenUnits,
  candidates: readonly Candidate[],
): Promise<Pick<ChannelPlan, 'shortfall'>> {
  if (isEnough) return {};
  if (candidates.length === 0) return {shortfall: 'no channels can go'};
  const gone = new Set(units);
  const isFull = ({blocks, most, sparsity}: Candidate) =>
    sparsity !== undefined || blocks.slice(blocks.length - most).every(([unit]) => gone.has(unit!));
  const why = candidates.every(isFull) ? 'no group can lose more' : 'the allocation lets no more go';
  return {shortfall: `${goal.missed(await goal.achieved(units))}: ${why}`};
}
