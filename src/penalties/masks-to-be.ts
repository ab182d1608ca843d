import {expectMaskValues} from '../layers/mask-values.js';
import type {MaskRuleArgs} from '../masks/mask-rule.js';
import {scoreOf} from '../criteria/criterion.js';
import {chooseGroups} from '../masks/choose-masks.js';
import {groupEach} from '../masks/grouping.js';
import {scoreWeight, type WeightScores} from '../masks/score-weight.js';
import {valuesOf} from '../masks/zero-count.js';
import {readWeight} from './penalized-weights.js';
import type {PenalizedWeight} from './penalty.js';

/**
 * The masks that pruning would choose now (1 = kept), one for each of the weights; nothing is pruned. As there, what is
 * gone already falls first.
 *
 * @throws TypeError or RangeError where the criterion, structure or allocation returns what it should not, more is
 *     asked for than the structure can prune, or a weight is NaN.
 */
export async function masksToBe(
  weights: readonly PenalizedWeight[],
  sparsity: number,
  rule: Required<MaskRuleArgs>,
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
  const layouts = weights.map(({layout}) => layout);
  return [...chooseGroups(groupEach(rule.structure, layouts), scored, sparsity, rule).masks];
}
