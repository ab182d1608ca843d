/** The cost of a gradient criterion: `fit` with `taylor()` at frequency 100 over `fit` of the plain model. */
import {magnitude, taylor, type Criterion} from 'tfjs-pruning';
import {GradualPruning, type GradualPruningArgs} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {report} from './support/figures.js';
import {fitCosts} from './support/fit-cost.js';

const ALLOWED = 1.1;

/** Runs the comparison. */
export async function main(): Promise<void> {
  const schedule = polynomialDecay({initialSparsity: 0.5, finalSparsity: 0.9, beginStep: 1, endStep: 10_001});
  const pruning = (criterion: Criterion, more: Partial<GradualPruningArgs> = {}) => ({
    callback: () => new GradualPruning({schedule, criterion, ...more}),
  });
  const contenders = {
    'magnitude()': pruning(magnitude()),
    'taylor(), all batches': pruning(taylor()),
    'taylor(), 30 batches of 100': {...pruning(taylor(), {observedBatches: 30}), allowed: ALLOWED},
  };
  report('gradient-criterion', await fitCosts(contenders, 15));
}
