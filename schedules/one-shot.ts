import {expectInteger, expectOptions, expectSparsity} from '../src/options/expect.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/** Options of {@link oneShot}. */
export interface OneShotArgs {
  /** The sparsity from `beginStep` on, in [0, 1). */
  targetSparsity: number;
  /** The step of the one update. Defaults to 0, before the first batch. */
  beginStep?: number;
}

/**
 * Dense until `beginStep`, then the whole target at once.
 *
 * @throws TypeError or RangeError where an option is unknown, of a wrong type, or out of its range.
 *
 * @example
 * oneShot({targetSparsity: 0.9, beginStep: 1000});
 */
export function oneShot(args: OneShotArgs): SparsitySchedule {
  const {targetSparsity, beginStep = 0} = expectOptions('oneShot', args, ['targetSparsity', 'beginStep']);
  expectSparsity('targetSparsity', targetSparsity);
  expectInteger('beginStep', beginStep);
  return {
    endStep: beginStep,
    sparsityAt: step => (step < beginStep ? 0 : targetSparsity),
    updatesAt: step => step === beginStep,
  };
}
