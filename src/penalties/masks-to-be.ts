import type {Allocation} from '../allocations/allocation.js';
import {expectMaskValues} from '../parametrizations/mask-values.js';
import {scoreOf} from '../criteria/criterion.js';
import {chooseGroups, type Choices} from '../masks/choose-masks.js';
import {scoreWeight, type WeightScores} from '../masks/score-weight.js';
import {valuesOf} from '../masks/zero-count.js';
import {groupEach} from '../structures/each-weight.js';
import {readWeight} from './penalized-weights.js';
import type {PenalizedWeight} from './penalty.js';
import type {WeightRule} from './weighted-decay.js';

/**
 * The masks that pruning would choose now (1 = kept), one for each weight; nothing is pruned. As in pruning, weights
 * that are already masked come first.
 *
 * @throws TypeError or RangeError if the result of the criterion, structure or allocation is malformed, the structure
 *     can't prune as much, or a weight is NaN.
 */
export async function masksToBe(
  weights: readonly PenalizedWeight[],
  sparsity: number,
  rule: WeightRule,
): Promise<Uint8Array[]> {
  const choose = await choicesOf(weights, rule);
  return [...choose(sparsity, rule.allocation).masks];
}

/** What an allocation would keep of weights. */
type Choose = (sparsity: number, allocation: Allocation) => Choices;

/** Scores weights, and returns a function that chooses by the scores, as often as it is called. */
export async function choicesOf(
  weights: readonly PenalizedWeight[],
  {criterion, structure}: Omit<WeightRule, 'allocation'>,
): Promise<Choose> {
  const scored: WeightScores[] = [];
  for (const weight of weights) {
    const {layout, mask} = weight;
    const present = mask && (await valuesOf(mask.read()));
    if (present) expectMaskValues(layout.name, present);
    scored.push(await scoreWeight(layout, present, () => scoreOf(criterion, readWeight(weight), undefined, {layout})));
  }
  const grouping = groupEach(
    structure,
    weights.map(({variable, layout}) => ({kernel: variable, layout})),
    criterion,
  );
  return (sparsity, allocation) => chooseGroups(grouping, scored, sparsity, {allocation});
}
