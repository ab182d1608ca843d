import groupBy from 'lodash/groupBy.js';
import sumBy from 'lodash/sumBy.js';
import {shareOut, type Bounds} from '../math/share-out.js';
import type {LayerScores} from '../structures/structure.js';
import type {Allocation} from './allocation.js';
import {boundsOf, expectPlace, zerosAsked, type LayerLimits} from './limits.js';
import {pruneSmallest} from './prune-smallest.js';

/**
 * Ranks the groups of layers of the same set together. Each set gets the target; where limits protect groups of a set,
 * the others lose evenly more.
 *
 * @param setOf the set of each layer.
 * @param comparable the scores of a layer as they are compared.
 */
export function rankInSets(
  setsOf: (layers: readonly LayerScores[]) => readonly (string | number)[],
  comparable: (scores: Float32Array) => Float32Array,
  limits: LayerLimits,
): Allocation {
  return (layers, sparsity) => {
    const bounds = layers.map(layer => boundsOf(layer, limits));
    const zeros = zerosAsked(layers, bounds, sparsity);
    expectPlace(layers, bounds, zeros);
    const setOf = setsOf(layers);
    const sets = Object.values(groupBy([...layers.keys()], i => setOf[i]));
    const shares = shareAmong(sets, layers, bounds, zeros);
    const kept: Uint8Array[] = [];
    sets.forEach((members, s) => {
      const lists = members.map(i => comparable(layers[i]!.scores));
      const own = members.map(i => bounds[i]!);
      pruneSmallest(lists, own, shares[s]!).forEach((mask, at) => (kept[members[at]!] = mask));
    });
    return kept;
  };
}

/** How many groups of each set are zero. */
function shareAmong(
  sets: readonly (readonly number[])[],
  layers: readonly LayerScores[],
  bounds: readonly Bounds[],
  zeros: number,
): number[] {
  const together = sets.map(members => ({
    least: sumBy(members, i => bounds[i]!.least),
    most: sumBy(members, i => bounds[i]!.most),
  }));
  const sizes = sets.map(members => sumBy(members, i => layers[i]!.scores.length));
  return shareOut(zeros, together, level => sizes.map(size => size * level), [0, 1]);
}
