import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {LayerScores} from '../structures/structure.js';
import type {Allocation} from './allocation.js';
import {LIMITS} from './limits.js';
import {NORMALIZE, normalized} from './normalize.js';
import {rankInSets} from './rank-in-sets.js';

/** Options of {@link isomorphic}. */
export type IsomorphicArgs = Args<typeof NORMALIZE & typeof LIMITS>;

/**
 * Ranks only what can be compared: channels that run through the same chain of layers (the same kinds, doing the same
 * with them, in the same order) compete with each other, as by `globalRanking()`, and each such set gets the same
 * sparsity. The inner channels of all residual blocks are one set, those of the sums another: their scores differ in
 * scale for no other reason than their place. Weights and groups within one tensor compete with those of kernels of the
 * same size, whatever the numbers of inputs and outputs.
 *
 * Where limits protect groups of a set, the other sets lose evenly more. Fang et al. 2024,
 * https://arxiv.org/abs/2407.04616
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, at an update, if the limits leave too
 *     little to prune.
 *
 * @example
 * const plan = await planChannelPruning(model, {multiplyAdds: 0.5, allocation: isomorphic()});
 */
export function isomorphic(args: IsomorphicArgs = {}): Allocation {
  const {normalize, ...limits} = read('isomorphic', args, {...NORMALIZE, ...LIMITS});
  return rankInSets(
    layers => layers.map(kindOf),
    scores => normalized(scores, normalize),
    limits,
  );
}

noteMakers(isomorphic);

function kindOf({chain, layout: {shape, inputAxes, outputAxes, gates}}: LayerScores): string {
  if (chain !== undefined) return chain;
  const size = shape.map((length, axis) => ([...inputAxes, ...outputAxes].includes(axis) ? '' : length));
  return `kernel ${size.join('x')} of ${gates} gates`;
}
