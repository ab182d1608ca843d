import {noteMakers} from '../src/options/makers.js';
import {integer, positive} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';

const OPTIONS = {
  /** The value at step 0, a number > 0. */
  from: positive(),
  /** The value at step `steps` and after, a number > 0. */
  to: positive(),
  /** The number of steps from one to the other, a whole number >= 1. */
  steps: integer({min: 1}),
};

/** Options of {@link exponentialGrowth}. */
export type ExponentialGrowthArgs = Args<typeof OPTIONS>;

/**
 * A value that is multiplied by the same factor at each step, for the strength of a penalty.
 *
 *     a(t) = from * (to / from) ^ (t / steps),   and `to` after
 *
 * For selective weight decay Tessier et al. go from 0.1 to 1e5. https://arxiv.org/abs/2011.10520
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * exponentialGrowth({from: 0.1, to: 1e5, steps: 100})(50); // 100
 */
export function exponentialGrowth(args: ExponentialGrowthArgs): (step: number) => number {
  const {from, to, steps} = read('exponentialGrowth', args, OPTIONS);
  return step => (step >= steps ? to : from * (to / from) ** (step / steps));
}

noteMakers(exponentialGrowth);
