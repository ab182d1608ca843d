import {expectMaskValues} from '../parametrizations/mask-values.js';
import {scoreOf} from '../criteria/criterion.js';
import {chooseGroups} from '../masks/choose-masks.js';
import {scoreWeight, type WeightScores} from '../masks/score-weight.js';
import {valuesOf} from '../masks/zero-count.js';
import {groupEach} from '../structures/each-weight.js';
import {readWeight} from './penalized-weights.js';
import type {PenalizedWeight} from './penalty.js';
import type {WeightRule} from './weighted-decay.js';

/**
 * The masks that pruning would choose now (1 = kept), one for each of the weights; nothing is pruned. As there, what is
 * masked already is removed first.
 *
 * @throws TypeError or RangeError if the criterion, structure or allocation returns what it should not, more is asked
 *     for than the structure can prune, or a weight is NaN.
 */
export async function masksToBe(
  weights: readonly PenalizedWeight[],
  sparsity: number,
  rule: WeightRule,
): Promise<Uint8Array[]> {
  const scored: WeightScores[] = [];
  for (const weight of weights) {
    const {layout, mask} = weight;
    const present = mask && (await valuesOf(mask.read()));
    if (present) expectMaskValues(layout.name, present);
    scored.push(
      await scoreWeight(layout, present, () => scoreOf(rule.criterion, readWeight(weight), undefined, {layout})),
    );
  }
  const grouped = weights.map(({variable, layout}) => ({kernel: variable, layout}));
  return [...chooseGroups(groupEach(rule.structure, grouped, rule.criterion), scored, sparsity, rule).masks];
}
