import sumBy from 'lodash/sumBy.js';
import {sizesWithout, type ModelSizes, type SizedWeight} from '../../report/model-sizes.js';
import {isModel, type Layer, type Model} from '../../tfjs-internals.js';
import type {ScoredUnits} from '../../units/score-model.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';
import type {ChannelPlan, PlannedGroup} from '../channel-plan.js';
import {NOTHING, type Removal} from '../cut/removal.js';
import {allOf, latencyGoal, peakGoal, sizeGoal, sparsityGoal, type Goal} from './goal.js';
import {leftOf, whatKeeps, type Group} from './group.js';
import type {PlanOptions} from './plan-options.js';
import {rankGroups, type RankedGroup} from './rank-groups.js';
import {channelsAsked, shortfallOf} from './shortfall.js';
import {wholeGroups, type Foresight} from './whole-groups.js';

/** What a plan removes, for a removal. */
export type PlanAfter = (removal: Removal) => Pick<ChannelPlan, 'remove'>;

/** Everything that a plan is made from. */
export interface ScoredModel extends ScoredUnits {
  /** Used only for a target of latency. */
  readonly model: Model;
  readonly trace: Pick<ChannelTrace, 'groups' | 'sources' | 'unitCount'>;
  readonly groups: readonly Group[];
  readonly weights: readonly SizedWeight[];
  /**
   * Whether the weights only say how multiply-adds compare: see {@link ChannelPlan.multiplyAddsLeft}. Default: false.
   */
  readonly isRelative?: boolean;
  /** The kinds of layers that a unit runs through, for `isomorphic()`. */
  readonly chainOf?: (unit: number) => string;
  /** Called only if a group may lose all of its units. */
  readonly foresight: () => Foresight;
  /** Called only for a target of peak memory, with the plan for a removal. */
  readonly peakAfter: (planAfter: PlanAfter) => (removal: Removal) => number;
}

/** What is asked of a plan. */
export type Asked = Pick<PlanOptions, 'target' | 'latencyOf' | 'inputShapes'>;

/** A removal that was tried out. */
export interface Tried {
  readonly removal: Removal;
  /** For each target, what is achieved. */
  readonly achieved: readonly number[];
  readonly isEnough: boolean;
}

/** What can be removed from a scored model, and what each removal comes to. */
export interface Planning {
  /** The groups that can lose units, each ranked. */
  readonly ranked: readonly RankedGroup[];
  readonly goal: Goal<readonly number[]>;
  /** The removal of some units, and of what is useless without them. */
  readonly removalOf: (units: readonly number[]) => Removal;
  readonly planAfter: PlanAfter;
  /** Tries out the removal of some units. */
  readonly tryOut: (units: readonly number[]) => Promise<Tried>;
  /** The sizes of the model after a removal. */
  readonly sizesAfter: (removal: Removal) => ModelSizes;
  /** The plan for a removal. */
  readonly finish: (tried: Tried) => ChannelPlan;
}

/**
 * Ranks what can be removed, and turns targets into a goal.
 *
 * @param pause is awaited between measurements.
 * @throws RangeError if a target can't be counted.
 */
export function planningOf(scored: ScoredModel, asked: Asked, pause: () => Promise<void>): Planning {
  const scoredGroups = scored.groups.map(group => heldIfUnscored(group, scored.scores));
  const {groups, removalOf} = wholeGroups(scoredGroups, scored.scores, scored.foresight);
  const ranked = rankGroups(groups, scored);
  const sizesAfter = (removal: Removal) => sizesOf(scored, removal);
  const planAfter = (removal: Removal) => planOf(removal, {...scored, groups}, sizesAfter);
  const goal = allOf(goalsOf(scored, {...asked, pause}, groups, sizesAfter, planAfter));
  return {
    ranked,
    goal,
    removalOf,
    planAfter,
    sizesAfter,
    tryOut: async units => {
      const removal = removalOf(units);
      const achieved = await goal.achieved(removal);
      return {removal, achieved, isEnough: goal.isEnough(achieved)};
    },
    finish: ({removal, achieved, isEnough}) => {
      const {target, inputShapes} = asked;
      const missed = goal.missed(achieved);
      const shortfall = shortfallOf({target, missed, isEnough, removed: removal.units, groups, ranked});
      const plan = {...planAfter(removal), target, ...(shortfall !== undefined && {shortfall})};
      return scored.isRelative ? relative(plan) : {...plan, ...(inputShapes && {inputShapes})};
    },
  };
}

function heldIfUnscored(group: Group, scores: Float64Array): Group {
  if (group.held || !Number.isNaN(scores[group.units[0]!])) return group;
  return {...group, held: {by: 'criterion', reason: 'have no kernel that the criterion can score'}};
}

function goalsOf(
  {model, peakAfter}: Pick<ScoredModel, 'model' | 'peakAfter'>,
  {target, latencyOf, inputShapes, pause}: Asked & {pause: () => Promise<void>},
  groups: readonly Group[],
  sizesAfter: (removal: Removal) => ModelSizes,
  planAfter: PlanAfter,
): Goal[] {
  const goals: Record<string, (fraction: number) => Goal> = {
    sparsity: fraction => sparsityGoal(fraction, ...channelsAsked(groups)),
    parameters: fraction => sizeGoal(fraction, 'parameters', sizesAfter),
    multiplyAdds: fraction => sizeGoal(fraction, 'multiplyAdds', sizesAfter),
    peakMemory: fraction => peakGoal(fraction, peakAfter(planAfter)),
    latency: fraction => latencyGoal(fraction, model, planAfter, {latencyOf, inputShapes, pause}),
  };
  return Object.entries(target).map(([name, fraction]) => goals[name]!(fraction));
}

function sizesOf({trace, weights}: ScoredModel, {units, dead}: Removal): ModelSizes {
  const channels = sumBy(trace.groups, group => group.units.length) - units.size;
  const removed = new Uint8Array(trace.unitCount);
  for (const unit of units) removed[unit] = 1;
  return {channels, ...sizesWithout(removed, new Set([...dead].flatMap(weightIds)), weights)};
}

/** A nested model's layers are listed by themselves. */
function weightIds(layer: Layer): number[] {
  return isModel(layer) ? [] : layer.weights.map(({id}) => id);
}

/** The plan for a removal, without its target. */
function planOf(
  removal: Removal,
  {trace, groups}: Pick<ScoredModel, 'trace' | 'groups'>,
  sizesAfter: (removal: Removal) => ModelSizes,
): Omit<ChannelPlan, 'target' | 'shortfall'> {
  const channels = trace.sources.map(({path, units}): [string, number[]] => [
    path,
    [...units.keys()].filter(channel => removal.units.has(units[channel]!)),
  ]);
  return {
    remove: Object.fromEntries(channels.filter(([, removed]) => removed.length > 0)),
    groups: groups.map(group => plannedGroup(group, removal.units)),
    before: sizesAfter(NOTHING),
    after: sizesAfter(removal),
  };
}

function plannedGroup(group: Group, removed: ReadonlySet<number>): PlannedGroup {
  const {name, layers, units, initial, sparsity} = group;
  const after = leftOf(group, removed);
  const own = sparsity === undefined || after === 0 ? undefined : `have a sparsity of their own, ${sparsity}`;
  const reason = whatKeeps(group, after) ?? own;
  return {name, layers, initial, before: units.length, after, ...(reason !== undefined && {reason})};
}

/** If the multiply-adds are not known, only the fraction that is left counts. */
function relative({before, after, ...plan}: ChannelPlan): ChannelPlan {
  return {
    ...plan,
    before: {...before, multiplyAdds: null},
    after: {...after, multiplyAdds: null},
    multiplyAddsLeft: after.multiplyAdds! / before.multiplyAdds!,
  };
}
