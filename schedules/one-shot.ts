import {sparsity} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import type {SparsitySchedule} from './sparsity-schedule.js';
import {step} from './step.js';

const OPTIONS = {
  /** The sparsity from `beginStep` on, in [0, 1). */
  targetSparsity: sparsity(),
  /** The step of the one update. Defaults to 0, before the first batch. */
  beginStep: step({}, 0),
};

/** Options of {@link oneShot}. */
export type OneShotArgs = Args<typeof OPTIONS>;

/**
 * Dense until `beginStep`, then the whole target at once.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * oneShot({targetSparsity: 0.9, beginStep: 1000});
 */
export function oneShot(args: OneShotArgs): SparsitySchedule {
  const {targetSparsity, beginStep} = read('oneShot', args, OPTIONS);
  return {
    endStep: beginStep,
    sparsityAt: step => (step < beginStep ? 0 : targetSparsity),
    updatesAt: (step, previous = step - 1) => previous < beginStep && beginStep <= step,
  };
}
