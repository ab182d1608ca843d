import {countOf} from '../math/count-of.js';
import {expectOneOf} from '../options/expect.js';
import {keepLargest, keepLargestOfAll} from '../math/keep-largest.js';
import type {Bounds} from '../math/share-out.js';
import type {Allocation} from './allocation.js';
import {boundsOf, expectLimits, expectPlace, zerosAsked, type LayerLimits} from './limits.js';

/** What the scores of a layer are divided by before they are compared with those of the others. */
export type Normalization = 'none' | 'mean' | 'sum' | 'max';

/** Options of {@link globalRanking}. */
export interface GlobalRankingArgs extends LayerLimits {
  /**
   * Divides the scores of each layer by the mean, the sum or the largest of their magnitudes, over the groups that are
   * not pruned yet. Defaults to 'none'.
   */
  normalize?: Normalization;
}

/**
 * Ranks the groups of all layers together: those with the smallest scores are pruned first, wherever they are. Exactly
 * `round(n * sparsity)` of all groups are zero (halves to even); among equal scores the earlier layer, and in it the
 * lower index, is kept. For what a limit keeps in one layer, the next in the ranking of the others are pruned. No layer
 * is ever pruned away.
 *
 * Use a normalization for magnitudes of layers of very different sizes, and for sums over groups of very different
 * sizes. Han et al. 2015, https://arxiv.org/abs/1506.02626; Molchanov et al. 2017, https://arxiv.org/abs/1611.06440
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; from the update a RangeError if the limits leave
 *     too little to prune.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.8, structure: filters(), allocation: globalRanking({normalize: 'mean'})});
 */
export function globalRanking(args: GlobalRankingArgs = {}): Allocation {
  const {normalize = 'none', ...limits} = expectLimits('globalRanking', args, ['normalize']);
  expectOneOf('normalize', normalize, ['none', 'mean', 'sum', 'max']);
  return (layers, sparsity) => {
    const bounds = layers.map(layer => boundsOf(layer, limits));
    const zeros = zerosAsked(layers, bounds, sparsity);
    expectPlace(layers, bounds, zeros);
    return pruneSmallest(
      layers.map(({scores}) => normalized(scores, normalize)),
      bounds,
      zeros,
    );
  };
}

/**
 * Prunes the smallest. Layers that would lose too much are held at their bound, and the rest is ranked again without
 * them.
 */
function pruneSmallest(lists: readonly Float32Array[], bounds: readonly Bounds[], zeros: number): Uint8Array[] {
  const groups = lists.reduce((sum, {length}) => sum + length, 0);
  const kept = keepLargestOfAll(lists, groups - zeros);
  const held = new Set(lists.keys());
  for (const i of lists.keys()) if (countOf(kept[i]!, 0) <= bounds[i]!.most) held.delete(i);
  if (held.size === 0) return kept;
  const free = [...lists.keys()].filter(i => !held.has(i));
  const heldZeros = [...held].reduce((sum, i) => sum + bounds[i]!.most, 0);
  const others = pruneSmallest(
    free.map(i => lists[i]!),
    free.map(i => bounds[i]!),
    zeros - heldZeros,
  );
  return lists.map((scores, i) =>
    held.has(i) ? keepLargest(scores, scores.length - bounds[i]!.most) : others[free.indexOf(i)]!,
  );
}

function normalized(scores: Float32Array, by: Normalization): Float32Array {
  const divisor = by === 'none' ? 1 : magnitudeOf(scores, by);
  return divisor === 0 || divisor === 1 ? scores : scores.map(score => score / divisor);
}

/** Over the groups that are neither pruned already nor always kept. */
function magnitudeOf(scores: Float32Array, by: 'mean' | 'sum' | 'max'): number {
  let [sum, max, count] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const size = Math.abs(scores[i]!);
    if (size === Infinity) continue;
    sum += size;
    if (size > max) max = size;
    count++;
  }
  if (by === 'max') return max;
  return by === 'sum' ? sum : sum / Math.max(count, 1);
}
