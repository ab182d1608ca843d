import {globalRanking} from '../allocations/global-ranking.js';
import {expectAllocation} from '../allocations/allocation.js';
import {MASK_RULE} from '../masks/mask-rule.js';
import {number, option, sparsity} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Extended} from '../options/table.js';
import type {Penalty} from './penalty.js';
import {coefficientsOf, expectWeightRule, weightedDecay} from './weighted-decay.js';
import {masksToBe} from './masks-to-be.js';

const OPTIONS = {
  /** The fraction of groups to prune in the end, in [0, 1). */
  sparsity: sparsity(),
  /** The weight decay that grows, a number >= 0. Defaults to 1e-4. */
  strength: number({min: 0}, 1e-4),
  /** How the sparsity is shared among layers. Defaults to `globalRanking()`. */
  allocation: option(expectAllocation, globalRanking),
};

/** Options of {@link selectiveWeightDecay}. */
export type SelectiveWeightDecayArgs = Args<Extended<typeof MASK_RULE, typeof OPTIONS>>;

/**
 * Weight decay on what pruning would take, and on nothing else: chosen anew before each batch, and ever stronger, until
 * pruning takes only what has come to nothing, and costs nothing. For {@link ScheduledPenalty}, which brings the
 * growth.
 *
 *     a(t) * strength * 1/2 * sum of w^2 over the weights that would be pruned now
 *
 * Afterwards prune in one shot by the same plugs and sparsity. The allocation is `globalRanking()` by default.
 * Each choice downloads the kernels; `frequency` of the callback makes them rarer. Let the learning rate times the
 * largest `a(t) * strength` stay below 2, or what is to vanish will grow.
 * Tessier et al. 2022, https://arxiv.org/abs/2011.10520
 *
 * @throws TypeError or RangeError where an option is unknown or wrong, or the criterion goes by more than the weights.
 *
 * @example
 * const penalty = selectiveWeightDecay({sparsity: 0.9});
 * const strength = exponentialGrowth({from: 0.1, to: 1e5, steps: 10000});
 * await model.fit(x, y, {epochs, callbacks: [new ScheduledPenalty({penalty, strength})]});
 * await pruneOnce(model, {sparsity: 0.9, allocation: globalRanking()});
 */
export function selectiveWeightDecay(args: SelectiveWeightDecayArgs): Penalty {
  const {sparsity, strength, ...plugs} = read('selectiveWeightDecay', args, {...MASK_RULE, ...OPTIONS});
  const rule = expectWeightRule('selectiveWeightDecay', plugs);
  return weightedDecay(async weights => {
    const masks = await masksToBe(weights, sparsity, rule);
    return masks.map(mask => coefficientsOf(mask, 0, strength));
  });
}
