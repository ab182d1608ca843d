import {expectInteger, expectOptions} from '../math/expect.js';
import {keepLargest} from '../math/keep-largest.js';
import {roundHalfEven} from '../math/round-half-even.js';
import type {Allocation} from './allocation.js';

/** Options of {@link uniform}. */
export interface UniformArgs {
  /** How many groups each tensor keeps at the least, whatever the sparsity; at least 1, the default. */
  minKept?: number;
}

/**
 * The same sparsity in every layer. Of `n` groups, exactly `round(n * sparsity)` are zero (halves to even), but never so
 * many that fewer than `minKept` remain; among equal scores the lower index is kept.
 *
 * @throws TypeError or RangeError where an option is unknown or `minKept` is no whole number >= 1.
 *
 * @example
 * new GradualPruning({schedule, allocation: uniform({minKept: 8})});
 */
export function uniform(args: UniformArgs = {}): Allocation {
  const {minKept = 1} = expectOptions('uniform', args, ['minKept']);
  expectInteger('minKept', minKept, {min: 1});
  return (layers, sparsity) =>
    layers.map(({scores}) => {
      const n = scores.length;
      return keepLargest(scores, Math.max(n - roundHalfEven(n * sparsity), Math.min(minKept, n)));
    });
}
