import {read} from '../src/options/read.js';
import {ramp, RAMP, type RampArgs} from './ramp.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/**
 * `k` of the curve that has done three quarters of its way after an eighth of its time: `k = -8 ln x`, `x = (1 + 3 x^8)
 * / 4`.
 */
const RATE = 11.089988552228322;

/**
 * The schedule of asymptotic soft filter pruning: ever slower towards its end, with three quarters of the way done
 * after an eighth of the time.
 *
 *     s(t) = si + (sf - si) * (1 - exp(-k p)) / (1 - exp(-k)),   p = (t - begin) / (end - begin),   k = 11.09
 *
 * He et al. 2019, https://arxiv.org/abs/1808.07471; their curve `a exp(-k t) + b` through its three points, in closed
 * form.
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
