import {expectMasks, modelLayers, prunableLayers} from '../../layers/model-layers.js';
import {holdsPrunableLayer} from '../../layers/prunable-layer.js';
import {weightOwners} from '../../layers/prunable-weights.js';
import {prunable} from '../../layers/prunable.js';
import {say} from '../../display/say.js';
import {disposeWholly, lossFunctionsOf, type Loss, type Model} from '../../tfjs-internals.js';
import {foresight} from '../cut/planned-removal.js';
import type {ChannelPlan} from '../channel-plan.js';
import {frozenUnits} from '../../units/frozen-units.js';
import {kernelPositions} from '../../report/kernel-positions.js';
import {sizedWeights} from '../../report/model-sizes.js';
import {expectInputShapes, withBatch} from '../../report/input-shapes.js';
import {planByScores} from './plan-by-scores.js';
import type {Group} from './group.js';
import {limitGroups} from './limit-groups.js';
import {expectPlanOptions, type PlanChannelPruningArgs} from './plan-options.js';
import {leftFrozen} from './shortfall.js';
import {expectBuilt, traceChannels} from '../../units/trace/trace-channels.js';
import {scoreModel} from '../../units/score-model.js';

const OWNER = 'planChannelPruning';

/**
 * Plans which channels of a model go, and changes nothing: `shrink(model, plan)` makes a smaller model by the plan.
 *
 * What goes are units: channels of one or more layers that can only go together ({@link traceChannels}). A unit's score
 * is the mean over the kernels along which it lies, of what the criterion makes of its part of each. Units are compared
 * within groups, and the allocation shares the target among the groups, as among layers elsewhere.
 *
 * - As few go as reach the target in the allocation's order, which may take a step in several groups at once. Limits
 *   are hard: where one holds a group, the target is made up for in the others. What is not reached, or rounds to
 *   nothing, is told in the plan's `shortfall` and in a line on the console; what holds a group, in its `reason`.
 * - Frozen layers are left alone, unless `layers` says what may go: channels that their kernels make, take in or pass
 *   on stay, with all that is coupled to them. A line on the console says so.
 * - What the criterion can't score stays, and is missed; nothing else goes in its place.
 * - Among equal scores the earlier group, and in it the lower channel, is kept.
 * - Units that are masked already, in a wrapped model, go first and count.
 * - With `minKept: 0` a group may lose all of its channels, where sums or concatenations do without the branch that it
 *   is in; all else in the branch goes with it, its biases too. Where not all groups can vanish that may, the worst by
 *   the mean of their scores do, of equal ones the earlier; the others keep a channel, and their `reason` names what
 *   needs it.
 * - With `roundTo` the units of a group go in blocks, the worst first, each of the mean score of its units;
 *   the last block may go far beyond the target of a small model.
 *
 * In rounds of plan, surgery and training hand over `previous` and a `maxSparsity`: the ranking begins anew with what
 * is left, and would narrow small groups down to a few channels.
 *
 * @throws TypeError or RangeError where an option is unknown or wrong, there is not exactly one target, a selector
 *     matches nothing, the criterion needs `data` and there is none, a mask holds something else than 0 and 1, or a
 *     score is NaN; Error where the model was disposed or is not built, or a criterion of gradients has no loss.
 *
 * @example
 * const plan = await planChannelPruning(model, {multiplyAdds: 0.5, roundTo: 8, keepOutputs: 'embedding'});
 * console.log(formatChannelPlan(plan));
 * const small = await shrink(model, plan);
 */
export async function planChannelPruning(model: Model, args: PlanChannelPruningArgs): Promise<ChannelPlan> {
  const options = expectPlanOptions(OWNER, args);
  expectBuilt(OWNER, model);
  const loss = options.loss ?? compiledLoss(model);
  expectMasks(prunableLayers(model));
  const sizes = options.inputShapes;
  const inputShapes = withBatch(sizes === undefined ? undefined : expectInputShapes(model, sizes));
  return withAllWrapped(model, async wrapped => {
    const trace = traceChannels(wrapped);
    const groups = limitGroups(model, trace, frozenUnits(wrapped, trace), options);
    const {positions, isRelative} = kernelPositions(wrapped, inputShapes);
    const weights = sizedWeights(wrapped, trace, positions);
    const {criterion, members, data, batchSize} = options;
    const free = new Set(groups.flatMap(({held, units}) => (held ? [] : [...units])));
    const scored = await scoreModel(wrapped, trace, free, {criterion, members, data, batchSize, loss});
    const foresee = () => foresight(wrapped);
    const all = {model, trace, groups, ...scored, weights, isRelative, foresight: foresee};
    const plan = await planByScores(all, options);
    sayWhatStays(plan, groups);
    return plan;
  });
}

/** In one line: a shortfall may name what is frozen already. */
function sayWhatStays({shortfall}: ChannelPlan, groups: readonly Group[]): void {
  const frozen = leftFrozen(groups);
  const isNamed = frozen !== undefined && shortfall?.includes(frozen);
  const lines = [shortfall, isNamed ? undefined : frozen].filter(line => line !== undefined);
  if (lines.length > 0) say(OWNER, lines.join('; '));
}

/**
 * A criterion looks into wrapped layers: does something with a copy in which all are, or with the model itself if they
 * are.
 */
async function withAllWrapped<T>(model: Model, action: (wrapped: Model) => Promise<T>): Promise<T> {
  const isReady = modelLayers(model).every(({layer}) => holdsPrunableLayer(layer) || weightOwners(layer).length === 0);
  if (isReady) return action(model);
  const copy = prunable(model);
  try {
    return await action(copy);
  } finally {
    disposeWholly(copy);
  }
}

/** What the model was compiled with, but not its copy. */
function compiledLoss(model: Model): Loss | undefined {
  const losses = lossFunctionsOf(model);
  return losses && [...losses];
}
