import {positive} from '../src/options/option.js';
import {read} from '../src/options/read.js';
import type {Args} from '../src/options/table.js';
import {ramp, RAMP} from './ramp.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

const OPTIONS = {
  /** The exponent, above 0. Defaults to 3. */
  power: positive(3),
};

/** Options of {@link polynomialDecay}. */
export type PolynomialDecayArgs = Args<typeof RAMP & typeof OPTIONS>;

/**
 * The schedule of automated gradual pruning: fast at first, while there are many weights to spare, slow at the end.
 *
 *     s(t) = sf + (si - sf) * (1 - (t - begin) / (end - begin)) ^ power
 *
 * Gives the same numbers as tfmot's `PolynomialDecay`; the end step is always an update, even off the grid.
 * Zhu & Gupta 2017, https://arxiv.org/abs/1710.01878
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * polynomialDecay({finalSparsity: 0.9, endStep: 2000}).sparsityAt(1000); // 0.7875
 */
export function polynomialDecay(args: PolynomialDecayArgs): SparsitySchedule {
  const {power, ...ends} = read('polynomialDecay', args, {...RAMP, ...OPTIONS});
  return ramp(
    ends,
    (progress, initialSparsity, finalSparsity) =>
      finalSparsity + (initialSparsity - finalSparsity) * (1 - progress) ** power,
  );
}
