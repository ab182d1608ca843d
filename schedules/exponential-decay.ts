import {read} from '../src/options/read.js';
import {ramp, RAMP, type RampArgs} from './ramp.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/**
 * A ramp along which the density (the fraction that remains) shrinks by the same factor at each step.
 *
 *     1 - s(t) = (1 - si) * ((1 - sf) / (1 - si)) ^ ((t - begin) / (end - begin))
 *
 * The schedule of iterative SynFlow and FORCE. Tanaka et al. 2020, https://arxiv.org/abs/2006.05467
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * exponentialDecay({finalSparsity: 0.99, endStep: 10, frequency: 1}).sparsityAt(5); // 0.9
 */
export function exponentialDecay(args: RampArgs): SparsitySchedule {
  return ramp(read('exponentialDecay', args, RAMP), (progress, initialSparsity, finalSparsity) => {
    const initialDensity = 1 - initialSparsity;
    return 1 - initialDensity * ((1 - finalSparsity) / initialDensity) ** progress;
  });
}
