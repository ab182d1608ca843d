import {noteMakers} from '../options/makers.js';
import {oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {GROUP} from '../structures/slices.js';
import type {Structure} from '../structures/structure.js';
import {unitGrouping} from './unit-grouping.js';
import {SCORED_MEMBERS} from './unit-scorer.js';

const OPTIONS = {
  /**
   * Which slices score a unit: 'all', which includes those of kernels that take it in, or only those of its
   * 'producers'. Defaults to 'all'.
   */
  members: oneOf(SCORED_MEMBERS, 'all'),
};

/** Options of {@link coupledChannels}. */
export type CoupledChannelsArgs = Args<typeof GROUP & typeof OPTIONS>;

/**
 * Prunes whole channels with everything that belongs to them, so that {@link shrink} can cut out what is masked without
 * changing any output: the filters that make a channel, those of other layers that are added to it or shared, its
 * slices of depthwise and recurrent kernels, and its slices of all kernels that take it in. {@link traceChannels} finds
 * which channels go together: they form a unit.
 *
 *     score(unit) = mean over its slices of pooled |w|, or of what the criterion scores
 *
 * A sparsity is the fraction of the units that can be removed. Kept are channels that are the model's outputs, that a
 * layer mixes, or that are made by a layer that is not pruned. Allocations see one list for each group of layers that
 * make the same channels, by their names (`conv1`, `conv2 + conv4`); at least one unit of each is kept. A unit that is
 * removed also loses its biases, and the scales and shifts of the batch normalizations that it passes through, so that
 * it gives 0 up to activations. With `regrowth`, `keepDense` or soft pruning, only masks and kernels change.
 *
 * Keep the callback in the list for as long as you train before `shrink`. Without it, biases of masked channels train
 * again, and padded convolutions that are not wrapped then depend on these constants.
 *
 * The groups span several weights: use them for pruning, not for penalties or scans that work on one weight at a time.
 * A unit is scored by those of its slices that the criterion can tell apart. A criterion that gives all weights of an
 * output the same score, such as `batchNormScale()` or `geometricMedian()`, scores the kernels that make or pass on a
 * unit; one that gives all weights of an input the same score, such as `averagePercentageOfZeros()`, the kernels that
 * pass it on or take it in. Channels that the criterion can't score are kept, as are channels that are also made by
 * layers that are not pruned; a line on the console says so.
 * Li et al. 2017, https://arxiv.org/abs/1608.08710; over whole groups: Fang et al. 2023,
 * https://arxiv.org/abs/2301.12900
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, when pruning, if no channel can be
 *     removed or scored.
 *
 * @example
 * const allocation = globalRanking({normalize: 'mean'});
 * await pruneOnce(model, {sparsity: 0.5, structure: coupledChannels(), allocation});
 * const small = await shrink(model);
 */
export function coupledChannels(args: CoupledChannelsArgs = {}): Structure {
  const {members, reduction} = read('coupledChannels', args, {...OPTIONS, ...GROUP});
  return (weights, model, scoring) =>
    unitGrouping(model, weights, {members, scoring: reduction === undefined ? scoring : {...scoring, reduction}});
}

noteMakers(coupledChannels);
