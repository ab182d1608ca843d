import {expectPositive} from '../src/options/expect.js';
import {ramp, type RampArgs} from './ramp.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayArgs extends RampArgs {
  /** Exponent, greater than 0. Defaults to 3. */
  power?: number;
}

/**
 * The schedule of automated gradual pruning: fast at first, while there are many weights to spare, slow at the end.
 *
 *     s(t) = sf + (si - sf) * (1 - (t - begin) / (end - begin)) ^ power
 *
 * The numbers are those of tfmot's `PolynomialDecay`; the end step is always an update, also off the grid.
 * Zhu & Gupta 2017, https://arxiv.org/abs/1710.01878
 *
 * @throws TypeError or RangeError where an option is unknown, of a wrong type, or out of its range.
 *
 * @example
 * polynomialDecay({finalSparsity: 0.9, endStep: 2000}).sparsityAt(1000); // 0.7875
 */
export function polynomialDecay(args: PolynomialDecayArgs): SparsitySchedule {
  const schedule = ramp('polynomialDecay', args, decay, ['power']);
  const {power = 3} = args;
  expectPositive('power', power);
  return schedule;

  function decay(progress: number, initialSparsity: number, finalSparsity: number): number {
    return finalSparsity + (initialSparsity - finalSparsity) * (1 - progress) ** power;
  }
}
