import {noteMakers} from '../options/makers.js';
import {option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {Allocation} from './allocation.js';
import {LIMITS} from './limits.js';
import {NORMALIZE, normalized} from './normalize.js';
import {rankInSets} from './rank-in-sets.js';
import {expectScopes, scopesOf, type Scope} from './scopes.js';

const OPTIONS = {
  /**
   * Sets of layers that are ranked each on its own, at the same sparsity: names of layers or weights, patterns on names
   * of weights, or lists of these. A layer is in the first set that matches; layers in none form one more set. In a
   * plan, coupled channels go by the first layer that makes them. Defaults to one set of all layers.
   */
  scopes: option((name, scopes: readonly Scope[]) => expectScopes(name, scopes), undefined),
};

/** Options of {@link globalRanking}. */
export type GlobalRankingArgs = Args<typeof NORMALIZE & typeof OPTIONS & typeof LIMITS>;

/**
 * Ranks the groups of all layers together and prunes the smallest, in whichever layer they are. Exactly
 * `round(n * sparsity)` of all groups are zero (halves to even); among equal scores the earlier layer, and within it
 * the lower index, is kept. If a limit protects groups of one layer, the next in the ranking are pruned instead, so no
 * layer is ever pruned away.
 *
 * Normalize if magnitudes come from layers of very different sizes, or scores are sums over groups of very different
 * sizes. With `scopes`, only layers of the same set compete, such as those of one stage.
 * Han et al. 2015, https://arxiv.org/abs/1506.02626; Molchanov et al. 2017, https://arxiv.org/abs/1611.06440
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, at an update, if the limits leave too
 *     little to prune, or a scope holds no layer.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.8, structure: filters(), allocation: globalRanking({normalize: 'mean'})});
 * globalRanking({scopes: [/^encoder/, ['head1', 'head2']]});
 */
export function globalRanking(args: GlobalRankingArgs = {}): Allocation {
  const {normalize, scopes = [], ...limits} = read('globalRanking', args, {...NORMALIZE, ...OPTIONS, ...LIMITS});
  return rankInSets(
    layers => scopesOf(scopes, layers),
    scores => normalized(scores, normalize),
    limits,
  );
}

noteMakers(globalRanking);
