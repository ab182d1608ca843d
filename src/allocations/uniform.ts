import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import type {Allocation} from './allocation.js';
import {LIMITS, type LayerLimits} from './limits.js';
import {pruneInProportion} from './proportional.js';

/** Options of {@link uniform}. */
export type UniformArgs = LayerLimits;

/**
 * The same sparsity in every layer. Of `n` groups, exactly `round(n * sparsity)` are zero (halves to even), but never
 * all; among equal scores the lower index is kept. Where a limit protects groups, the other layers lose evenly more.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, at an update, if the limits leave too
 *     little to prune.
 *
 * @example
 * new GradualPruning({schedule, allocation: uniform({minKept: 8})});
 */
export function uniform(args: UniformArgs = {}): Allocation {
  const limits = read('uniform', args, LIMITS);
  return (layers, sparsity) =>
    pruneInProportion(
      layers,
      layers.map(() => sparsity),
      limits,
    );
}

noteMakers(uniform);
