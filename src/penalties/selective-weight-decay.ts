import {globalRanking} from '../allocations/global-ranking.js';
import {expectAllocation} from '../allocations/allocation.js';
import {MASK_RULE} from '../masks/mask-rule.js';
import {noteMakers} from '../options/makers.js';
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
 * Weight decay only on the weights that pruning would remove now. They are chosen again before each batch, with a
 * growing strength, until they are close to zero and pruning them costs nothing. Use it with {@link ScheduledPenalty},
 * whose `strength` is the growing factor `a(t)`.
 *
 *     a(t) * strength * 1/2 * sum of w^2 over the weights that would be pruned now
 *
 * Afterwards prune in one shot with the same options. The allocation defaults to `globalRanking()`. Each choice
 * downloads the kernels; a larger `frequency` of the callback makes choices rarer. Keep the learning rate times the
 * largest `a(t) * strength` below 2; otherwise those weights diverge.
 * Tessier et al. 2022, https://arxiv.org/abs/2011.10520
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or the criterion needs more than the weights.
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

noteMakers(selectiveWeightDecay);
