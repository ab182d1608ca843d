import {globalRanking} from '../allocations/global-ranking.js';
import type {MaskRuleArgs} from '../masks/mask-rule.js';
import {expectOptions, expectSparsity} from '../options/expect.js';
import type {Penalty} from './penalty.js';
import {expectStrength} from './strength.js';
import {coefficientsOf, expectWeightRule, weightedDecay} from './weighted-decay.js';
import {masksToBe} from './masks-to-be.js';

/** Options of {@link selectiveWeightDecay}. */
export interface SelectiveWeightDecayArgs extends MaskRuleArgs {
  /** The fraction of groups that are to be pruned in the end, in [0, 1). */
  sparsity: number;
  /** The weight decay that grows, a number >= 0. Defaults to 1e-4. */
  strength?: number;
}

const OPTIONS = ['sparsity', 'strength', 'criterion', 'structure', 'allocation'];

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
  const {
    sparsity,
    strength = 1e-4,
    allocation = globalRanking(),
    ...plugs
  } = expectOptions('selectiveWeightDecay', args, OPTIONS);
  expectSparsity('sparsity', sparsity);
  expectStrength('strength', strength);
  const rule = expectWeightRule('selectiveWeightDecay', {...plugs, allocation});
  return weightedDecay(async weights => {
    const masks = await masksToBe(weights, sparsity, rule);
    return masks.map(mask => coefficientsOf(mask, 0, strength));
  });
}
