import type {Allocation} from './allocation.js';
import {expectLimits, type LayerLimits} from './limits.js';
import {pruneInProportion} from './proportional.js';

/** Options of {@link uniform}. */
export type UniformArgs = LayerLimits;

/**
 * The same sparsity in every layer. Of `n` groups, exactly `round(n * sparsity)` are zero (halves to even), but never
 * all of them; among equal scores the lower index is kept. What a limit keeps in one layer is pruned in the others,
 * evenly.
 *
 * @throws TypeError or RangeError if an option is unknown, `minKept` is no whole number >= 1 or `maxSparsity` is not in
 *     [0, 1]; from the update a RangeError if the limits leave too little to prune.
 *
 * @example
 * new GradualPruning({schedule, allocation: uniform({minKept: 8})});
 */
export function uniform(args: UniformArgs = {}): Allocation {
  const limits = expectLimits('uniform', args);
  return (layers, sparsity) =>
    pruneInProportion(
      layers,
      layers.map(() => sparsity),
      limits,
    );
}
