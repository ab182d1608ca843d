import sumBy from 'lodash/sumBy.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelPlan, ModelSizes} from '../channel-plan.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import {chooseUnits} from './choose-units.js';
import {latencyGoal} from './latency-goal.js';
import {sizesWithout, type SizedWeight} from './model-sizes.js';
import {sizeGoal, sparsityGoal, type Goal} from './plan-goal.js';
import type {RuledGroup} from './plan-groups.js';
import {planOfUnits} from './plan-of-units.js';
import type {PlanOptions} from './plan-options.js';
import {rankGroups} from './ranked-groups.js';
import type {Removed} from './removed.js';
import {channelsAsked, shortfallOf} from './shortfall.js';
import type {ScoredUnits} from '../../units/score-model.js';
import {vanishingGroups, type Foresight} from './vanishing-groups.js';

/** All that a plan is made of. */
export interface ScoredChannels extends ScoredUnits {
  /** Only a target of latency looks at it. */
  readonly model: Model;
  readonly trace: Pick<ChannelTrace, 'groups' | 'sources' | 'unitCount'>;
  readonly groups: readonly RuledGroup[];
  readonly weights: readonly SizedWeight[];
  /** Whether they only say how multiply-adds compare: see {@link ChannelPlan.multiplyAddsLeft}. Defaults to false. */
  readonly isRelative?: boolean;
  /** Asked for only where a group may lose all of its units. */
  readonly foresight: () => Foresight;
}

/** The plan that removes the fewest of the worst units. */
export async function planByScores(
  scored: ScoredChannels,
  options: Pick<PlanOptions, 'target' | 'allocation' | 'latencyOf' | 'inputShapes'>,
): Promise<ChannelPlan> {
  const scoredGroups = scored.groups.map(group => unlessUnscored(group, scored.scores));
  const {groups, removedBy} = vanishingGroups(scoredGroups, scored.scores, scored.foresight);
  const candidates = rankGroups(groups, scored);
  const sizesAfter = sizesOf(scored);
  const planAfter = (removed: Removed) => planOfUnits(scored.trace, groups, removed, sizesAfter);
  const goal = goalOf(options, {...scored, groups, sizesAfter, planAfter});
  const achieved = new Map<readonly number[], number>(); // a latency is measured once
  const chosen = await chooseUnits(candidates, options.allocation, async units => {
    achieved.set(units, await goal.achieved(removedBy(units)));
    return goal.isEnough(achieved.get(units)!);
  });
  const removed = removedBy(chosen.units);
  const missed = goal.missed(achieved.get(chosen.units)!);
  const gone = new Set(removed.units);
  const {target} = options;
  const shortfall = shortfallOf({target, missed, isEnough: chosen.isEnough, gone, groups, candidates});
  const plan = {...planAfter(removed), target, ...(shortfall !== undefined && {shortfall})};
  if (scored.isRelative) return relative(plan);
  return {...plan, ...(options.inputShapes && {inputShapes: options.inputShapes})};
}

/** Of multiply-adds that are not known themselves only what is left counts. */
function relative({before, after, ...plan}: ChannelPlan): ChannelPlan {
  return {
    ...plan,
    before: {...before, multiplyAdds: null},
    after: {...after, multiplyAdds: null},
    multiplyAddsLeft: after.multiplyAdds! / before.multiplyAdds!,
  };
}

/** What a target may be measured by. */
interface Measures extends Pick<ScoredChannels, 'model' | 'groups'> {
  readonly sizesAfter: (removed: Removed) => ModelSizes;
  readonly planAfter: (removed: Removed) => Pick<ChannelPlan, 'remove'>;
}

function goalOf(
  {target, latencyOf, inputShapes}: Pick<PlanOptions, 'target' | 'latencyOf' | 'inputShapes'>,
  {groups, sizesAfter, planAfter, model}: Measures,
): Goal {
  const {sparsity, multiplyAdds, parameters, latency} = target;
  if (sparsity !== undefined) return sparsityGoal(sparsity, ...channelsAsked(groups));
  if (parameters !== undefined) return sizeGoal(parameters, 'parameters', sizesAfter);
  if (multiplyAdds !== undefined) return sizeGoal(multiplyAdds, 'multiplyAdds', sizesAfter);
  return latencyGoal(latency!, model, planAfter, {latencyOf, inputShapes});
}

function unlessUnscored(group: RuledGroup, scores: Float64Array): RuledGroup {
  const isScored = !Number.isNaN(scores[group.group.units[0]!]);
  if (isScored || group.stays !== undefined) return group;
  return {...group, stays: 'have no kernel that the criterion can score', heldBy: 'criterion'};
}

function sizesOf({trace, weights}: ScoredChannels): (removed: Removed) => ModelSizes {
  const channels = sumBy(trace.groups, ({units}) => units.length);
  return ({units, deadWeights}) => {
    const gone = new Uint8Array(trace.unitCount);
    for (const unit of units) gone[unit] = 1;
    return {channels: channels - units.length, ...sizesWithout(gone, deadWeights, weights)};
  };
}
