import {roundHalfEven} from '../math/round-half-even.js';
import type {LayerScores} from '../structures/structure.js';
import {boundsOf, pruneByShares, type LayerLimits} from './limits.js';

/**
 * Prunes each layer to its sparsity: of `n` groups, `round(n * sparsity)`, halves to even, but never more than it can
 * lose. What limits protect is pruned in the other layers instead, in proportion to their sparsities.
 */
export function pruneInProportion(
  layers: readonly LayerScores[],
  sparsities: readonly number[],
  limits: LayerLimits,
): Uint8Array[] {
  const bounds = layers.map((layer, i) => {
    const bound = boundsOf(layer, limits);
    return sparsities[i]! > 0 ? bound : {...bound, most: bound.least}; // a dense layer makes up for nothing
  });
  const asked = layers.map((layer, i) => {
    const {length} = layer.scores;
    return Math.max(bounds[i]!.least, Math.min(roundHalfEven(length * sparsities[i]!), length - (layer.minKept ?? 1)));
  });
  const zeros = asked.reduce((sum, count) => sum + count, 0);
  const lowest = Math.min(...sparsities.filter(sparsity => sparsity > 0), 1);
  return pruneByShares(layers, bounds, zeros, (i, level) => level * sparsities[i]!, [0, 1 / lowest]);
}
