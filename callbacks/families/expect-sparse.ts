import type {MaskRule} from '../../src/masks/mask-rule.js';
import {roundsToNone} from '../../src/masks/rounds-to-none.js';
import type {PrunedTraining} from '../method.js';

/**
 * Expects a sparse model after the last update of a method, which would otherwise leave a dense model dense. A sparsity
 * that rounds to no zeros allows a dense model.
 *
 * @param asked the sparsity that the method was to reach.
 * @throws RangeError that says what to do.
 */
export async function expectSparse(
  {owner, step, sparsity, weights}: PrunedTraining,
  asked: number,
  rule: MaskRule,
): Promise<void> {
  if (asked === 0 || sparsity > 0 || (await roundsToNone(weights, asked, rule))) return;
  throw new RangeError(
    `${owner} is at step ${step}, after all its pruning, but the model in this fit is dense instead of ${asked} ` +
      'sparse. Use a new callback for each model, or call reset()',
  );
}
