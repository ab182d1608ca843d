import sumBy from 'lodash/sumBy.js';
import {LongWork} from '../../display/long-work.js';
import {count} from '../../display/table.js';
import type {ChannelPlan} from '../channel-plan.js';
import {NOTHING, type Removal} from '../cut/removal.js';
import {chooseUnits, mostTries} from './choose-units.js';
import {LATENCY_HALVINGS} from './goal.js';
import type {Group} from './group.js';
import type {PlanOptions} from './plan-options.js';
import {planningOf, type Asked, type ScoredModel} from './planning.js';

/** How many steps of work {@link planByScores} is at most. */
export function searchSteps(groups: readonly Group[], {latency}: ChannelPlan['target']): number {
  const ranked = groups.filter(({held, sparsity}) => held === undefined && sparsity === undefined);
  const blocks = sumBy(ranked, ({units, roundTo}) => Math.ceil(units.length / roundTo));
  return mostTries(blocks, latency === undefined ? Infinity : LATENCY_HALVINGS);
}

/**
 * The plan that removes the fewest of the worst units.
 *
 * @param work whose last steps are the removals that are tried out.
 * @param begin how many steps of the work come before.
 */
export async function planByScores(
  scored: ScoredModel,
  {allocation, ...asked}: Asked & Pick<PlanOptions, 'allocation'>,
  work = new LongWork({}),
  begin = 0,
): Promise<ChannelPlan> {
  const {ranked, goal, sizesAfter, tryOut, finish} = planningOf(scored, asked, () => work.pause());
  const all = count(sizesAfter(NOTHING).channels);
  const reach = (steps: number, {units}: Removal) => work.reach(steps, `${count(units.size)} of ${all} removed`);
  let tries = 0;
  const tryNext = async (units: readonly number[]) => {
    const tried = await tryOut(units);
    await reach(begin + ++tries, tried.removal);
    return tried;
  };
  const chosen = await chooseUnits(ranked, allocation, tryNext, goal.mostHalvings);
  if (begin + tries < work.total) await reach(work.total, chosen.removal);
  return finish(chosen);
}
