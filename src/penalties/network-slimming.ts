import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import {l1} from './l1.js';
import type {Penalty} from './penalty.js';
import {STRENGTH, type StrengthArgs} from './strength.js';

/**
 * The magnitudes of the scales (gamma) of batch normalizations: training scales down unimportant outputs. It applies to
 * the batch normalizations of a model, not to its kernels; prune afterwards with `batchNormScale()`.
 *
 *     strength * sum |gamma|
 *
 * A strength of 1e-4 to 1e-5 and initial scales of 0.5 are usual. Network slimming, Liu et al. 2017,
 * https://arxiv.org/abs/1708.06519
 *
 * @throws TypeError or RangeError if an option is unknown or wrong.
 *
 * @example
 * addPenalty(model, networkSlimming({strength: 1e-4}));
 * await model.fit(x, y, {epochs: 20});
 * await pruneOnce(model, {sparsity: 0.5, criterion: batchNormScale(), structure: filters(), layers: /conv/});
 */
export function networkSlimming(args: StrengthArgs): Penalty {
  return Object.assign(l1(read('networkSlimming', args, STRENGTH)), {appliesTo: 'batchNormScales' as const});
}

noteMakers(networkSlimming);
