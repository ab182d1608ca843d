import {read} from '../src/options/read.js';
import {ramp, RAMP, type RampArgs} from './ramp.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/** `k`: three quarters of the way after an eighth of the time gives `k = -8 ln x` with `x = (1 + 3 x^8) / 4`. */
const RATE = 11.089988552228322;

/**
 * The schedule of asymptotic soft filter pruning: it makes three quarters of the way in an eighth of the time, and
 * slows down towards the end.
 *
 *     s(t) = si + (sf - si) * (1 - exp(-k p)) / (1 - exp(-k)),   p = (t - begin) / (end - begin),   k = 11.09
 *
 * He et al. 2019, https://arxiv.org/abs/1808.07471; this is the closed form of their curve `a exp(-k t) + b` through
 * three points.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * asymptoticDecay({finalSparsity: 0.4, endStep: 80, frequency: 1}).sparsityAt(10); // 0.3
 */
export function asymptoticDecay(args: RampArgs): SparsitySchedule {
  return ramp(read('asymptoticDecay', args, RAMP), (progress, initialSparsity, finalSparsity) => {
    const done = Math.expm1(-RATE * progress) / Math.expm1(-RATE);
    return initialSparsity + (finalSparsity - initialSparsity) * done;
  });
}
