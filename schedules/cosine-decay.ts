import {read} from '../src/options/read.js';
import {ramp, RAMP, type RampArgs} from './ramp.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/**
 * A ramp that starts and ends gently, along half a cosine.
 *
 *     s(t) = sf + (si - sf) * (1 + cos(pi * (t - begin) / (end - begin))) / 2
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * cosineDecay({finalSparsity: 0.8, endStep: 1000}).sparsityAt(500); // 0.4
 */
export function cosineDecay(args: RampArgs): SparsitySchedule {
  return ramp(
    read('cosineDecay', args, RAMP),
    (progress, initialSparsity, finalSparsity) =>
      finalSparsity + ((initialSparsity - finalSparsity) * (1 + Math.cos(Math.PI * progress))) / 2,
  );
}
