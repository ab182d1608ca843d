/** The cost of pruning: `fit` with GradualPruning at frequency 100 over `fit` of the plain model. */
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {report} from './support/figures.js';
import {fitCosts} from './support/fit-cost.js';

const ALLOWED = 1.05;

/** Runs the comparison. */
export async function main(): Promise<void> {
  // start at a sparsity of one half, so that every measured batch has masks to apply
  const schedule = polynomialDecay({initialSparsity: 0.5, finalSparsity: 0.9, endStep: 10_000, frequency: 100});
  const pruned = {callback: () => new GradualPruning({schedule}), allowed: ALLOWED};
  report('overhead', await fitCosts({pruned}, 15));
}
