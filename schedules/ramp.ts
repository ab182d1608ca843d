import {sparsity} from '../src/options/option.js';
import type {Args, Values} from '../src/options/table.js';
import {expectGrid, GRID, isOnGrid, type SparsitySchedule} from './sparsity-schedule.js';

const ENDS = {
  /** The sparsity at `beginStep`, in [0, 1). Defaults to 0. */
  initialSparsity: sparsity(0),
  /** The sparsity from `endStep` on, in [0, 1). */
  finalSparsity: sparsity(),
};

/** The options of all ramps. */
export const RAMP: typeof ENDS & typeof GRID = {...ENDS, ...GRID};

/** Options of all ramps from one sparsity to another. */
export type RampArgs = Args<typeof RAMP>;

/**
 * A schedule that goes from `initialSparsity` to `finalSparsity` along a curve.
 *
 * @param curve the sparsity after the fraction `progress` of the steps, in (0, 1); it is not called for the two ends.
 */
export function ramp(
  {initialSparsity, finalSparsity, ...grid}: Values<typeof RAMP>,
  curve: (progress: number, initialSparsity: number, finalSparsity: number) => number,
): SparsitySchedule {
  const known = expectGrid(grid);
  const {beginStep, endStep} = known;
  return {
    endStep,
    updatesAt: (step, previous) => isOnGrid(known, step, previous),
    sparsityAt(step) {
      if (step >= endStep) return finalSparsity;
      if (step <= beginStep) return initialSparsity;
      const value = curve((step - beginStep) / (endStep - beginStep), initialSparsity, finalSparsity);
      return clamp(value, initialSparsity, finalSparsity);
    },
  };
}

/** Keeps rounding errors of a curve between its two ends. */
function clamp(value: number, oneEnd: number, otherEnd: number): number {
  return Math.min(Math.max(value, Math.min(oneEnd, otherEnd)), Math.max(oneEnd, otherEnd));
}
