import {LongWork} from '../../display/long-work.js';
import {say} from '../../display/say.js';
import type {Model} from '../../tfjs-internals.js';
import type {ChannelPlan} from '../channel-plan.js';
import type {Group} from './group.js';
import {planByScores} from './plan-by-scores.js';
import {readPlanOptions, type PlanChannelPruningArgs} from './plan-options.js';
import {leftFrozen} from './shortfall.js';
import {withScoredModel} from './with-scored-model.js';

const OWNER = 'planChannelPruning';

/**
 * Plans which channels of a model to remove, without changing it; `shrink(model, plan)` makes the smaller model.
 *
 * The plan removes units: channels of one or more layers that can only be removed together ({@link traceChannels}). A
 * unit's score is the mean of the criterion's scores over its slices of all kernels. Units are compared within groups,
 * and the allocation shares the target among the groups, as it does among layers elsewhere.
 *
 * - The plan removes as few units as reach the target, or all of several targets, in the allocation's order, which may
 *   take a step in several groups at once. Limits are hard: if one holds a group, more is removed from the others. A
 *   target that is missed, or rounds to nothing, is reported in the plan's `shortfall` and on the console; what holds a
 *   group is in its `reason`.
 * - Frozen layers are left alone, unless `layers` says what may be removed: the channels that their kernels make, take
 *   in or pass on are kept, with everything coupled to them. A line on the console says so.
 * - Units that the criterion can't score are kept and counted as missed; no others are removed in their place.
 * - Among equal scores the earlier group, and within it the lower channel, is kept.
 * - Units that are already masked, in a wrapped model, are removed first and count.
 * - With `minKept: 0` a group may lose all of its channels, if sums or concatenations work without its branch;
 *   everything else in the branch is removed with it, biases included. If not all such groups can be removed as a
 *   whole, those with the worst mean scores are, the earlier ones first in a tie; the others keep a channel, and their
 *   `reason` names what needs it.
 * - With `roundTo` the units of a group are removed in blocks, the worst first, each scored by the mean of its units;
 *   the last block may overshoot the target of a small model by far.
 *
 * It pauses every 40 ms for the page. `onProgress` is told of each batch that the criterion sees and of each removal
 * that is tried out; the search may need fewer tries than the total says, and then ends with a jump.
 *
 * For repeated rounds of plan, surgery and training, pass `previous` and a `maxSparsity`: otherwise each round ranks
 * what is left again, and narrows small groups down to a few channels.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, there is no target, a selector matches nothing,
 *     the criterion needs `data` and there is none, a mask holds anything but 0 and 1, or a score is NaN; Error if the
 *     model was disposed or is not built, or a criterion of gradients has no loss; the reason of `signal`.
 *
 * @example
 * const plan = await planChannelPruning(model, {multiplyAdds: 0.5, roundTo: 8, keepOutputs: 'embedding'});
 * console.log(formatChannelPlan(plan));
 * const small = await shrink(model, plan);
 */
export async function planChannelPruning(model: Model, args: PlanChannelPruningArgs): Promise<ChannelPlan> {
  const options = readPlanOptions(OWNER, args);
  const work = new LongWork(options);
  return withScoredModel(OWNER, model, options, work, async (scored, steps) => {
    const plan = await planByScores(scored, options, work, steps);
    sayWhatStays(plan, scored.groups);
    return plan;
  });
}

/** One line: a shortfall may already name what is frozen. */
function sayWhatStays({shortfall}: ChannelPlan, groups: readonly Group[]): void {
  const frozen = leftFrozen(groups);
  const isNamed = frozen !== undefined && shortfall?.includes(frozen);
  const lines = [shortfall, isNamed ? undefined : frozen].filter(line => line !== undefined);
  if (lines.length > 0) say(OWNER, lines.join('; '));
}
