import {roundHalfEven} from '../math/round-half-even.js';
import type {LayerScores} from '../structures/structure.js';
import {boundsOf, pruneByShares, type LayerLimits} from './limits.js';

/**
 * Gives each layer its sparsity: of its `n` groups `round(n * sparsity)` are pruned, halves to even, but never more
 * than it can lose. What is not pruned because of limits is pruned in the others, in proportion to their sparsities.
 */
export function pruneInProportion(
  layers: readonly LayerScores[],
  sparsities: readonly number[],
  limits: LayerLimits,
): Uint8Array[] {
  const bounds = layers.map((layer, i) => {
    const bound = boundsOf(layer, limits);
    return sparsities[i]! > 0 ? bound : {...bound, most: bound.least}; // a dense layer takes nothing over
  });
  const asked = layers.map((layer, i) => {
    const {length} = layer.scores;
    return Math.max(bounds[i]!.least, Math.min(roundHalfEven(length * sparsities[i]!), length - (layer.minKept ?? 1)));
  });
  const zeros = asked.reduce((sum, count) => sum + count, 0);
  const lowest = Math.min(...sparsities.filter(sparsity => sparsity > 0), 1);
  return pruneByShares(layers, bounds, zeros, (i, level) => level * sparsities[i]!, [0, 1 / lowest]);
}
