import {expectMaskValues} from '../parametrizations/mask-values.js';
import type {MaskRuleArgs} from '../masks/mask-rule.js';
import {chooseGroups, scoreWeight, type ScoredWeight} from '../masks/choose-masks.js';
import {groupEach} from '../masks/grouping.js';
import {valuesOf} from '../masks/zero-count.js';
import {readWeight} from './penalized-weights.js';
import type {PenalizedWeight} from './penalty.js';

/**
 * The masks that pruning would choose now (1 = kept), one for each weight; nothing is pruned. As in pruning, weights
 * that are already pruned come first.
 *
 * @throws TypeError or RangeError if the result of the criterion, structure or allocation is malformed, the structure
 *     can't prune as much, or a weight is NaN.
 */
export async function masksToBe(
  weights: readonly PenalizedWeight[],
  sparsity: number,
  rule: Required<MaskRuleArgs>,
): Promise<Uint8Array[]> {
  const scored: ScoredWeight[] = [];
  for (const weight of weights) {
    const {layout, mask} = weight;
    const present = mask && (await valuesOf(mask.read()));
    if (present) expectMaskValues(layout.name, present);
    scored.push(
      await scoreWeight(layout, present, () => rule.criterion.score(readWeight(weight), undefined, {layout})),
    );
  }
  const layouts = weights.map(({layout}) => layout);
  return [...chooseGroups(groupEach(rule.structure, layouts), scored, sparsity, rule).masks];
}
