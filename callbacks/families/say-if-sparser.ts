import type {SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {say} from '../../src/display/say.js';
import {percent} from '../../src/display/table.js';
import type {PrunedTraining} from '../method.js';

/**
 * Says that a schedule prunes nothing for a while, if the model is sparser at the start than the schedule asks for:
 * masked weights stay masked.
 *
 * @returns whether the model is sparser.
 */
export function sayIfSparser(
  {owner, step, sparsity}: PrunedTraining,
  schedule: SparsitySchedule,
  sparsityAt: (step: number) => number,
): boolean {
  if (sparsity <= sparsityAt(step) + ROUNDED) return false;
  const most = sparsityAt(schedule.endStep === Infinity ? 0 : schedule.endStep);
  if (most === 0) return true; // the user wants to keep masks and prune nothing
  const masked = `${percent(sparsity)} of the weights are masked already, and stay so`;
  if (most > sparsity) {
    say(owner, `${masked}; the schedule asks for less until step ${firstStepAbove(schedule, sparsity, step)}`);
  } else if (sparsity <= most + ROUNDED) {
    say(owner, `${masked}; the schedule asks for no more at its end, and prunes nothing`);
  } else {
    say(owner, `${masked}; the schedule asks for less, ${percent(most)} at its end, and prunes nothing`);
  }
  return true;
}

/** What rounding to whole groups may have added: a model that was just pruned to a sparsity is no sparser. */
const ROUNDED = 0.005;

function firstStepAbove(schedule: SparsitySchedule, sparsity: number, from: number): number {
  let step = from;
  while (step < schedule.endStep && !(schedule.updatesAt(step) && schedule.sparsityAt(step) > sparsity)) step++;
  return step;
}
