import {expectInteger, expectNumber, expectOptions, expectSparsity} from '../src/options/expect.js';
import type {SparsitySchedule} from './sparsity-schedule.js';

/** Options of {@link iterative}: the rate of a round, or the sparsity after the last one. */
export type IterativeArgs = {
  /** How many times weights are pruned, at least 1. */
  rounds: number;
  /** The step of the first round's pruning. Defaults to 0, before the first batch. */
  beginStep?: number;
  /** Steps from one round's pruning to the next, at least 1. Defaults to 100. */
  frequency?: number;
} & (
  | {
      /** The fraction of what remains that each round prunes, in [0, 1). */
      rate: number;
      finalSparsity?: never;
    }
  | {
      /** The sparsity after the last round, in [0, 1); each round prunes the same fraction of what remains. */
      finalSparsity: number;
      rate?: never;
    }
);

/**
 * Pruning in rounds, each of which takes the same fraction of what remains; the stairs of the lottery ticket papers.
 *
 *     1 - s = (1 - rate) ^ k   after k rounds,   rate = 1 - (1 - sf) ^ (1 / rounds)
 *
 * The first round prunes at `beginStep`, round k at `beginStep + (k - 1) * frequency`.
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635
 *
 * @throws TypeError or RangeError where an option is unknown, of a wrong type, or out of its range, or where both of
 *     `rate` and `finalSparsity` are given, or neither.
 *
 * @example
 * iterative({rate: 0.2, rounds: 5, beginStep: 1000, frequency: 1000}).sparsityAt(3000); // 0.488 = 1 - 0.8 ** 3
 */
export function iterative(args: IterativeArgs): SparsitySchedule {
  const options = ['rounds', 'rate', 'finalSparsity', 'beginStep', 'frequency'];
  const {rounds, rate, finalSparsity, beginStep = 0, frequency = 100} = expectOptions('iterative', args, options);
  if ((rate === undefined) === (finalSparsity === undefined)) {
    throw new TypeError('iterative expects either `rate` or `finalSparsity`: the one follows from the other');
  }
  expectInteger('rounds', rounds, {min: 1});
  expectInteger('beginStep', beginStep);
  expectInteger('frequency', frequency, {min: 1});
  if (rate !== undefined) expectNumber('rate', rate, {min: 0, max: 1});
  if (finalSparsity !== undefined) expectSparsity('finalSparsity', finalSparsity);

  const density = rate !== undefined ? (1 - rate) ** rounds : 1 - finalSparsity;
  const last = finalSparsity ?? 1 - density;
  if (last === 1) throw new RangeError(`Expected \`rate\` to leave something after ${rounds} rounds, got ${rate}`);
  const endStep = beginStep + (rounds - 1) * frequency;
  return {
    endStep,
    updatesAt: step => step >= beginStep && step <= endStep && (step - beginStep) % frequency === 0,
    sparsityAt(step) {
      if (step >= endStep) return last;
      const pruned = Math.max(0, Math.floor((step - beginStep) / frequency) + 1);
      return Math.min(last, 1 - density ** (pruned / rounds));
    },
  };
}
