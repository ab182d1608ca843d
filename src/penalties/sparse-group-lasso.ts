import {noteMakers} from '../options/makers.js';
import {fraction} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {both} from './both.js';
import {groupLasso, GROUPED} from './group-lasso.js';
import {l1} from './l1.js';
import type {Penalty} from './penalty.js';
import {STRENGTH} from './strength.js';

const OPTIONS = {
  /** The part of the strength that goes to single weights, in [0, 1]: 0 is {@link groupLasso}, 1 is {@link l1}. */
  alpha: fraction(),
};

/** Options of {@link sparseGroupLasso}. */
export type SparseGroupLassoArgs = Args<typeof STRENGTH & typeof GROUPED & typeof OPTIONS>;

/**
 * Drives whole groups to zero, and single weights in the groups that are kept.
 *
 *     strength * (alpha * sum |w| + (1 - alpha) * sum over groups g of sqrt(|g|) * ||w_g||)
 *
 * Its proximal operator is soft thresholding of the weights, then of the groups.
 * Simon et al. 2013, https://doi.org/10.1080/10618600.2012.681250
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, when added to a model, if a weight has
 *     no such groups.
 *
 * @example
 * addPenalty(model, sparseGroupLasso({strength: 1e-4, alpha: 0.5}), {layers: /conv/});
 */
export function sparseGroupLasso(args: SparseGroupLassoArgs): Penalty {
  const {strength, alpha, structure} = read('sparseGroupLasso', args, {...STRENGTH, ...GROUPED, ...OPTIONS});
  const groups = groupLasso({strength: strength * (1 - alpha), structure});
  return Object.assign(both(l1({strength: strength * alpha}), groups), {structure});
}

noteMakers(sparseGroupLasso);
