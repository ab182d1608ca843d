import {ramp, type RampArgs} from './ramp.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/**
 * A ramp that starts and ends gently, along half a cosine.
 *
 *     s(t) = sf + (si - sf) * (1 + cos(pi * (t - begin) / (end - begin))) / 2
 *
 * @throws TypeError or RangeError where an option is unknown, of a wrong type, or out of its range.
 *
 * @example
 * cosineDecay({finalSparsity: 0.8, endStep: 1000}).sparsityAt(500); // 0.4
 */
export function cosineDecay(args: RampArgs): SparsitySchedule {
  return ramp(
    'cosineDecay',
    args,
    (progress, initialSparsity, finalSparsity) =>
      finalSparsity + ((initialSparsity - finalSparsity) * (1 + Math.cos(Math.PI * progress))) / 2,
  );
}
