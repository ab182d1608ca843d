import {countOf} from '../math/count-of.js';
import {noteMakers} from '../options/makers.js';
import {oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {keepLargest, keepLargestOfAll} from '../math/keep-largest.js';
import type {Bounds} from '../math/share-out.js';
import type {Allocation} from './allocation.js';
import {boundsOf, expectPlace, LIMITS, zerosAsked} from './limits.js';

const OPTIONS = {
  /**
   * Divides the scores of each layer by the mean, sum or maximum of their absolute values, over the groups that are not
   * pruned yet. Defaults to 'none'.
   */
  normalize: oneOf(['none', 'mean', 'sum', 'max'], 'none'),
};

/** What the scores of a layer are divided by before layers are compared. */
export type Normalization = Values<typeof OPTIONS>['normalize'];

/** Options of {@link globalRanking}. */
export type GlobalRankingArgs = Args<typeof OPTIONS & typeof LIMITS>;

/**
 * Ranks the groups of all layers together and prunes the smallest, in whichever layer they are. Exactly
 * `round(n * sparsity)` of all groups are zero (halves to even); among equal scores the earlier layer, and within it
 * the lower index, is kept. If a limit protects groups of one layer, the next in the ranking are pruned instead, so no
 * layer is ever pruned away.
 *
 * Normalize if magnitudes come from layers of very different sizes, or scores are sums over groups of very different
 * sizes.
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Molchanov et al. 2017, https://arxiv.org/abs/1611.06440
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, at an update, if the limits leave too
 *     little to prune.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.8, structure: filters(), allocation: globalRanking({normalize: 'mean'})});
 */
export function globalRanking(args: GlobalRankingArgs = {}): Allocation {
  const {normalize, ...limits} = read('globalRanking', args, {...OPTIONS, ...LIMITS});
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

noteMakers(globalRanking);

/**
 * Layers that would lose too much by the ranking are held at their bound, and the rest is ranked again without them.
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

/** The magnitude of the groups that are neither pruned nor must be kept. */
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
