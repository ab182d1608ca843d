import {expectSchedule, type SparsitySchedule} from '../../schedules/sparsity-schedule.js';
import {expectSparsity} from '../../src/options/expect.js';

/** Expects a sparsity, or a schedule of sparsities in fractions of the fit. */
export function expectTarget(name: string, target: number | SparsitySchedule): number | SparsitySchedule {
  if (isSchedule(target)) return expectFractions(name, expectSchedule(name, target));
  return expectSparsity(name, target);
}

/** Whether a target is meant as a schedule. */
export function isSchedule(target: unknown): target is SparsitySchedule {
  return typeof (target as Partial<SparsitySchedule> | undefined)?.sparsityAt === 'function';
}

function expectFractions(name: string, schedule: SparsitySchedule): SparsitySchedule {
  if (schedule.endStep <= 1 || schedule.endStep === Infinity) return schedule;
  throw new RangeError(
    `Expected \`${name}\` to be a schedule in fractions of the fit, which ends at a step in [0, 1], got one that ` +
      `ends at ${schedule.endStep}`,
  );
}
