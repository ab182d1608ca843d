import sumBy from 'lodash/sumBy.js';
import {modelLayers} from '../layers/model-layers.js';
import {holdsPrunableLayer} from '../layers/prunable-layer.js';
import {weightOwners} from '../layers/prunable-weights.js';
import {prunable} from '../layers/prunable.js';
import {withMeasured} from '../masks/choose-masks.js';
import {withObserved} from '../passes/with-observed.js';
import {lossFunctionsOf, type Loss, type Model} from '../tfjs-internals.js';
import type {ChannelPlan, ModelSizes} from './channel-plan.js';
import type {ChannelTrace} from './channel-trace.js';
import {chooseUnits, type ChosenUnits} from './choose-units.js';
import {goneUnits} from './gone-units.js';
import {sizedWeights, sizesWithout, type SizedWeight} from './model-sizes.js';
import {sizeGoal, sparsityGoal, type Goal} from './plan-goal.js';
import {ruleGroups, type RuledGroup} from './plan-groups.js';
import {planOfUnits} from './plan-of-units.js';
import {expectPlanOptions, type PlanChannelPruningArgs, type PlanOptions} from './plan-options.js';
import {rankGroups, type Candidate} from './ranked-groups.js';
import {scoreUnits} from './score-units.js';
import {expectBuilt, traceChannels} from './trace-channels.js';
import {scoredKernels, unitKernels, type UnitKernel} from './unit-kernels.js';

const OWNER = 'planChannelPruning';

/**
 * Plans which channels of a model go, and changes nothing: `shrink(model, plan)` makes a smaller model by the plan.
 *
 * What goes are units: channels of one or more layers that can only go together ({@link traceChannels}). A unit's score is the
 * mean over the kernels along which it lies, of what the criterion makes of its part of each. Units are compared within
 * groups, and the allocation shares the target among the groups, as among layers elsewhere.
 *
 * - As few go as reach the target. Limits are hard: where one holds a group, the target is made up for in the others. What can't be
 *   reached is told in the plan's `shortfall`, what holds a group in its `reason`.
 * - Among equal scores the earlier group, and in it the lower channel, is kept.
 * - Units that are masked already, in a wrapped model, go first and count.
 * - With `roundTo` the units of a group go in blocks, the worst first, each of the mean score of its units.
 *
 * @throws TypeError or RangeError where an option is unknown or wrong, there is not exactly one target, a selector matches
 *     nothing, the criterion needs `data` and there is none, or a score is NaN; Error where the model was disposed or is not
 *     built, or a criterion of gradients has no loss.
 *
 * @example
 * const plan = await planChannelPruning(model, {multiplyAdds: 0.5, roundTo: 8, keepOutputs: 'embedding'});
 * console.log(formatChannelPlan(plan));
 * const small = shrink(model, plan);
 */
export async function planChannelPruning(model: Model, args: PlanChannelPruningArgs): Promise<ChannelPlan> {
  const options = expectPlanOptions(OWNER, args);
  expectBuilt(OWNER, model);
  return withAllWrapped(model, async wrapped => {
    const trace = traceChannels(wrapped);
    const kernels = unitKernels(wrapped, trace);
    const ruled = ruleGroups(model, trace.groups, options);
    const scores = await importance(wrapped, trace, kernels, ruled, {...options, loss: lossOf(model, options)});
    const groups = ruled.map(rule => unlessUnscored(rule, scores));
    const candidates = rankGroups(groups, scores, kernels);
    const sizesAfter = sizesOf(trace, sizedWeights(wrapped, trace));
    const goal = goalOf(options.target, candidates, sizesAfter);
    const chosen = await chooseUnits(candidates, options.allocation, async units =>
      goal.isEnough(await goal.achieved(units)),
    );
    return {
      ...planOfUnits(trace, groups, chosen.units, sizesAfter),
      target: options.target,
      ...(await shortfallOf(goal, chosen, candidates)),
    };
  });
}

/** A criterion may need wrapped layers to look into: does something with a copy in which all are, or with the model if they are. */
async function withAllWrapped<T>(model: Model, action: (wrapped: Model) => Promise<T>): Promise<T> {
  const isReady = modelLayers(model).every(({layer}) => holdsPrunableLayer(layer) || weightOwners(layer).length === 0);
  if (isReady) return action(model);
  const copy = prunable(model);
  try {
    return await action(copy);
  } finally {
    copy.dispose();
  }
}

/** The loss that the model was compiled with, which its copy was not. */
function lossOf(model: Model, {loss}: PlanOptions): Loss | undefined {
  const compiled = lossFunctionsOf(model);
  return loss ?? (compiled && [...compiled]);
}

/** One score for each unit: -Infinity where it is gone already, NaN where nothing says what it is worth. */
async function importance(
  model: Model,
  trace: ChannelTrace,
  kernels: readonly UnitKernel[],
  groups: readonly RuledGroup[],
  {criterion, members, data, loss}: PlanOptions,
): Promise<Float64Array> {
  const asked = new Set(groups.flatMap(({group, stays}) => (stays === undefined ? [...group.units] : [])));
  const scored = scoredKernels(kernels, criterion, members, unit => asked.has(unit));
  const scores = await withObserved(OWNER, model, scored, criterion, {data, loss}, observed =>
    withMeasured(observed, criterion, measured => scoreUnits(measured, criterion, trace.unitCount)),
  );
  for (const unit of await goneUnits(kernels, trace)) scores[unit] = -Infinity;
  return scores;
}

function unlessUnscored(rule: RuledGroup, scores: Float64Array): RuledGroup {
  const isScored = !Number.isNaN(scores[rule.group.units[0]!]);
  return isScored || rule.stays !== undefined ? rule : {...rule, stays: 'have no kernel that the criterion can score'};
}

function sizesOf({unitCount, groups}: ChannelTrace, weights: readonly SizedWeight[]) {
  const channels = sumBy(groups, ({units}) => units.length);
  return (units: readonly number[]): ModelSizes => {
    const gone = new Uint8Array(unitCount);
    for (const unit of units) gone[unit] = 1;
    return {channels: channels - units.length, ...sizesWithout(gone, weights)};
  };
}

function goalOf(
  {sparsity, multiplyAdds, parameters}: PlanOptions['target'],
  candidates: readonly Candidate[],
  sizesAfter: (units: readonly number[]) => ModelSizes,
): Goal {
  if (sparsity !== undefined)
    return sparsityGoal(
      sparsity,
      sumBy(candidates, ({rule}) => rule.group.units.length),
    );
  if (parameters !== undefined) return sizeGoal(parameters, 'parameters', sizesAfter);
  return sizeGoal(multiplyAdds!, 'multiplyAdds', sizesAfter);
}

async function shortfallOf(
  goal: Goal,
  {units, isEnough}: ChosenUnits,
  candidates: readonly Candidate[],
): Promise<Pick<ChannelPlan, 'shortfall'>> {
  if (isEnough) return {};
  if (candidates.length === 0) return {shortfall: 'no channels can go'};
  const gone = new Set(units);
  const isFull = ({blocks, most}: Candidate) => blocks.slice(blocks.length - most).every(([unit]) => gone.has(unit!));
  const free = candidates.filter(candidate => candidate.sparsity === undefined);
  const why = free.every(isFull) ? 'no group can lose more' : 'the allocation lets no more go';
  return {shortfall: `${goal.missed(await goal.achieved(units))}: ${why}`};
}
