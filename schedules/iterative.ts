import {integer, sparsity} from '../src/options/option.js';
import {expectExactlyOne, read} from '../src/options/read.js';
import type {Args, ExactlyOne} from '../src/options/table.js';
import {isOnGrid, ROUNDING, type SparsitySchedule} from './sparsity-schedule.js';
import {interval, step} from './step.js';

/** The options of all that prunes in rounds. */
export const ROUNDS = {
  /** How many times to prune, at least 1. */
  rounds: integer({min: 1}),
  /** The fraction of what remains that each round prunes, in [0, 1). */
  rate: sparsity(undefined),
  /** The sparsity after the last round, in [0, 1); each round prunes the same fraction of what remains. */
  finalSparsity: sparsity(undefined),
};

const OPTIONS = {
  /** The step of the first round's pruning. Defaults to 0, before the first batch. */
  beginStep: step({}, 0),
  /** Steps from one round's pruning to the next, more than 0. Defaults to 100. */
  frequency: interval(100),
};

/** Options of {@link iterative}: the rate of a round, or the sparsity after the last one. */
export type IterativeArgs = ExactlyOne<Args<typeof ROUNDS & typeof OPTIONS>, 'rate' | 'finalSparsity'>;

/**
 * Prunes in rounds, each of them the same fraction of the remaining weights, as in the lottery ticket papers.
 *
 *     1 - s = (1 - rate) ^ k   after k rounds,   rate = 1 - (1 - sf) ^ (1 / rounds)
 *
 * The first round prunes at `beginStep`, round k at `beginStep + (k - 1) * frequency`.
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Frankle & Carbin 2019, https://arxiv.org/abs/1803.03635
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or not exactly one of `rate` and `finalSparsity` is
 *     given.
 *
 * @example
 * iterative({rate: 0.2, rounds: 5, beginStep: 1000, frequency: 1000}).sparsityAt(3000); // 0.488 = 1 - 0.8 ** 3
 */
export function iterative(args: IterativeArgs): SparsitySchedule {
  const {rounds, rate, finalSparsity, beginStep, frequency} = read('iterative', args, {...ROUNDS, ...OPTIONS});
  expectExactlyOne('iterative', args, ['rate', 'finalSparsity']);
  const density = rate === undefined ? 1 - finalSparsity! : (1 - rate) ** rounds;
  const last = finalSparsity ?? 1 - density;
  if (last === 1) throw new RangeError(`Expected \`rate\` to leave something after ${rounds} rounds, got ${rate}`);
  const endStep = beginStep + (rounds - 1) * frequency;
  return {
    endStep,
    updatesAt: (step, previous) => isOnGrid({beginStep, endStep, frequency}, step, previous),
    sparsityAt(step) {
      if (step >= endStep) return last;
      const pruned = Math.max(0, Math.floor((step - beginStep) / frequency + ROUNDING) + 1);
      return Math.min(last, 1 - density ** (pruned / rounds));
    },
  };
}
