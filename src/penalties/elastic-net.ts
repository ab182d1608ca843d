import {expectOptions} from '../options/expect.js';
import {both} from './both.js';
import {l1 as lasso} from './l1.js';
import {l2 as ridge} from './l2.js';
import type {Penalty} from './penalty.js';
import {expectStrength} from './strength.js';

/** Options of {@link elasticNet}. */
export interface ElasticNetArgs {
  /** The strength of the magnitudes, a number >= 0. */
  l1: number;
  /** The strength of the squares, a number >= 0. */
  l2: number;
}

/**
 * The sum of {@link l1} and {@link l2}, as `tf.regularizers.l1l2`.
 *
 *     l1 * sum |w| + l2 * sum w^2
 *
 * Its proximal operator is soft thresholding, then shrinkage. Zou & Hastie 2005,
 * https://doi.org/10.1111/j.1467-9868.2005.00503.x
 *
 * @throws TypeError or RangeError where an option is unknown or wrong.
 *
 * @example
 * addPenalty(model, elasticNet({l1: 1e-5, l2: 1e-4}));
 */
export function elasticNet(args: ElasticNetArgs): Penalty {
  const {l1, l2} = expectOptions('elasticNet', args, ['l1', 'l2']);
  return both(lasso({strength: expectStrength('l1', l1)}), ridge({strength: expectStrength('l2', l2)}));
}
