import {expectOneOf, expectOptions} from '../options/expect.js';
import type {GroupArgs} from '../structures/slices.js';
import type {Structure} from '../structures/structure.js';
import {unitGrouping} from './unit-grouping.js';
import type {ScoredMembers} from './unit-scorer.js';

/** Options of {@link coupledChannels}. */
export interface CoupledChannelsArgs extends GroupArgs {
  /**
   * Which of its slices a unit is scored by: 'all', also those of the kernels that take it in, or those of its
   * 'producers' alone. Defaults to 'all'.
   */
  members?: ScoredMembers;
}

/**
 * Prunes whole channels with everything that belongs to them, so that {@link shrink} can cut out what is masked without
 * changing any output: the filters that make a channel, those of other layers that are added to it or shared, its
 * slices of depthwise and recurrent kernels, and its slices of all kernels that take it in. {@link traceChannels} says
 * which channels go together: they are one unit.
 *
 *     score(unit) = mean over its slices of pooled |w|, or what else the criterion scores
 *
 * A sparsity is the fraction of the units that can be removed. Channels that are the model's outputs or that a layer
 * mixes are kept, and so are those that a layer makes that is not pruned. Allocations see one list for each group of
 * layers that make the same channels, by their names (`conv1`, `conv2 + conv4`); at least one unit of each is kept. A
 * unit that is removed takes along its biases, and the scales and shifts of the batch normalizations that it goes
 * through, so that it gives 0 up to activations; with `regrowth`, `keepDense` or softly nothing but kernels and masks
 * changes.
 *
 * Keep the callback in the list for as long as you train before `shrink`. Without it biases of masked channels learn
 * again, and padded convolutions that are not wrapped then depend on these constants.
 *
 * The groups go over several weights: use them for pruning, not for penalties or scans that work on one weight at a
 * time. A unit is scored by those of its slices that the criterion tells apart. A criterion that gives all weights of
 * an output the same score, such as `batchNormScale()` or `geometricMedian()`, is asked of the kernels that make or
 * pass a unit; one that gives all weights of an input the same score, such as `averagePercentageOfZeros()`, of the
 * kernels that pass it or take it in. Channels that the criterion can't score are kept, as are channels of which not
 * all layers that make them are pruned; a line on the console says so.
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
  const {members = 'all', reduction} = expectOptions('coupledChannels', args, ['members', 'reduction']);
  expectOneOf('members', members, ['all', 'producers']);
  if (reduction !== undefined) expectOneOf('reduction', reduction, ['sum', 'mean', 'max']);
  return (weights, model, scoring) =>
    unitGrouping(model, weights, {members, scoring: reduction === undefined ? scoring : {...scoring, reduction}});
}
