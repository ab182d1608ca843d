import {noteMakers} from '../options/makers.js';
import {number} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {both} from './both.js';
import {l1 as lasso} from './l1.js';
import {l2 as ridge} from './l2.js';
import type {Penalty} from './penalty.js';

const OPTIONS = {
  /** The strength of the magnitudes, a number >= 0. */
  l1: number({min: 0}),
  /** The strength of the squares, a number >= 0. */
  l2: number({min: 0}),
};

/** Options of {@link elasticNet}. */
export type ElasticNetArgs = Args<typeof OPTIONS>;

/**
 * The sum of {@link l1} and {@link l2}, like `tf.regularizers.l1l2`.
 *
 *     l1 * sum |w| + l2 * sum w^2
 *
 * Its proximal operator is soft thresholding, then shrinkage. Zou & Hastie 2005,
 * https://doi.org/10.1111/j.1467-9868.2005.00503.x
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * addPenalty(model, elasticNet({l1: 1e-5, l2: 1e-4}));
 */
export function elasticNet(args: ElasticNetArgs): Penalty {
  const {l1, l2} = read('elasticNet', args, OPTIONS);
  return both(lasso({strength: l1}), ridge({strength: l2}));
}

noteMakers(elasticNet);
