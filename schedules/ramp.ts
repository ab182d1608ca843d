import {expectOptions, expectSparsity} from '../src/options/expect.js';
import {expectGrid, isOnGrid, type ScheduleGrid, type SparsitySchedule} from './sparsity-schedule.js';

/** What all ramps from one sparsity to another take. */
export interface RampArgs extends ScheduleGrid {
  /** Sparsity at `beginStep`, in [0, 1). Defaults to 0. */
  initialSparsity?: number;
  /** Sparsity from `endStep` on, in [0, 1). */
  finalSparsity: number;
}

/** The option names of a ramp, for the checks. */
export const RAMP_OPTIONS = ['initialSparsity', 'finalSparsity', 'beginStep', 'endStep', 'frequency'] as const;

/**
 * A schedule that goes from `initialSparsity` to `finalSparsity` along a curve.
 *
 * @param owner the schedule's name, for errors.
 * @param curve the sparsity at the fraction `progress` of the way, in (0, 1); the two ends need no curve.
 */
export function ramp(
  owner: string,
  args: RampArgs,
  curve: (progress: number, initialSparsity: number, finalSparsity: number) => number,
  extraOptions: readonly string[] = [],
): SparsitySchedule {
  const {initialSparsity = 0, finalSparsity} = expectOptions(owner, args, [...RAMP_OPTIONS, ...extraOptions]);
  expectSparsity('initialSparsity', initialSparsity);
  expectSparsity('finalSparsity', finalSparsity);
  const grid = expectGrid(args);
  const {beginStep, endStep} = grid;
  return {
    endStep,
    updatesAt: step => isOnGrid(step, grid),
    sparsityAt(step) {
      if (step >= endStep) return finalSparsity;
      if (step <= beginStep) return initialSparsity;
      const sparsity = curve((step - beginStep) / (endStep - beginStep), initialSparsity, finalSparsity);
      return clamp(sparsity, initialSparsity, finalSparsity);
    },
  };
}

/** Rounding must not carry a curve past either of its ends. */
function clamp(value: number, oneEnd: number, otherEnd: number): number {
  return Math.min(Math.max(value, Math.min(oneEnd, otherEnd)), Math.max(oneEnd, otherEnd));
}
