import type {LayerScores} from '../allocations/allocation.js';
import type {MaskRuleArgs} from '../masks/mask-rule.js';
import {expectScores, scoresOf} from '../masks/update-masks.js';
import {readWeight} from './penalised-weights.js';
import type {PenalisedWeight} from './penalty.js';

/**
 * The masks that pruning would choose now (1 = kept), one for each of the weights; nothing is pruned.
 *
 * @throws TypeError or RangeError where the criterion, structure or allocation returns what it should not, or a weight is NaN.
 */
export async function masksToBe(
  weights: readonly PenalisedWeight[],
  sparsity: number,
  {criterion, structure, allocation}: Required<MaskRuleArgs>,
): Promise<Uint8Array[]> {
  const layers: LayerScores[] = [];
  for (const weight of weights) {
    const {layout} = weight;
    const scores = await scoresOf(layout, () => criterion.score(readWeight(weight), undefined, {layout}));
    const pooled = structure.pool(scores, layout, criterion.reduction);
    expectScores(layout.name, pooled);
    layers.push({name: layout.name, layout, scores: pooled});
  }
  const kept = allocation(layers, sparsity);
  return layers.map(({layout}, i) => structure.spread(kept[i]!, layout));
}
