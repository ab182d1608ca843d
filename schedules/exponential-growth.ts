import {expectInteger, expectOptions, expectPositive} from '../src/options/expect.js';

/** Options of {@link exponentialGrowth}. */
export interface ExponentialGrowthArgs {
  /** The value at step 0, a number > 0. */
  from: number;
  /** The value at step `steps` and after, a number > 0. */
  to: number;
  /** How many steps it takes, a whole number >= 1. */
  steps: number;
}

/**
 * A value that is multiplied by the same factor at each step: how the strength of a penalty grows.
 *
 *     a(t) = from * (to / from) ^ (t / steps),   and `to` after
 *
 * For selective weight decay Tessier et al. go from 0.1 to 1e5. https://arxiv.org/abs/2011.10520
 *
 * @throws TypeError or RangeError where an option is unknown or wrong.
 *
 * @example
 * exponentialGrowth({from: 0.1, to: 1e5, steps: 100})(50); // 100
 */
export function exponentialGrowth(args: ExponentialGrowthArgs): (step: number) => number {
  const {from, to, steps} = expectOptions('exponentialGrowth', args, ['from', 'to', 'steps']);
  expectPositive('from', from);
  expectPositive('to', to);
  expectInteger('steps', steps, {min: 1});
  return step => (step >= steps ? to : from * (to / from) ** (step / steps));
}
