import {expectOptions} from '../options/expect.js';
import {l1} from './l1.js';
import type {Penalty} from './penalty.js';
import {expectStrength, type StrengthArgs} from './strength.js';

/**
 * The magnitudes of the scales (gamma) of batch normalizations: outputs that matter little are scaled down, and show by
 * it. Put on the batch normalizations of a model instead of its kernels; prune afterwards by `batchNormScale()`.
 *
 *     strength * sum |gamma|
 *
 * A strength of 1e-4 to 1e-5 is usual, and scales that begin at 0.5. Network slimming, Liu et al. 2017,
 * https://arxiv.org/abs/1708.06519
 *
 * @throws TypeError or RangeError where an option is unknown or wrong.
 *
 * @example
 * addPenalty(model, networkSlimming({strength: 1e-4}));
 * await model.fit(x, y, {epochs: 20});
 * await pruneOnce(model, {sparsity: 0.5, criterion: batchNormScale(), structure: filters(), layers: /conv/});
 */
export function networkSlimming(args: StrengthArgs): Penalty {
  const {strength} = expectOptions('networkSlimming', args, ['strength']);
  return Object.assign(l1({strength: expectStrength('strength', strength)}), {appliesTo: 'batchNormScales' as const});
}
