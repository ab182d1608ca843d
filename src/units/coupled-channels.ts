import {expectOneOf, expectOptions} from '../options/expect.js';
import {coupledGrouping} from './coupled-grouping.js';
import type {GroupArgs} from '../structures/slices.js';
import type {Structure} from '../structures/structure.js';

/** Options of {@link coupledChannels}. */
export interface CoupledChannelsArgs extends GroupArgs {
  /**
   * By which of its slices a unit is scored: 'all', also those of the kernels that take it in, or those of its
   * 'producers' alone. Defaults to 'all'.
   */
  members?: 'all' | 'producers';
}

/**
 * Whole channels with all that hangs on them, so that what is masked can be cut out by {@link shrink} without a change
 * of any output: the filters that make a channel, those of other layers that are added to it or shared, its slices of
 * depthwise and recurrent kernels, and of all kernels that take it in. See {@link traceChannels} for what goes
 * together.
 *
 *     score(unit) = mean over its slices of pooled |w|, or what else the criterion scores
 *
 * A sparsity is the fraction of units that go, of those that can: channels stay that are the model's outputs or that a
 * layer mixes, and those of which a layer that makes them is not pruned. Allocations see a list for each group of
 * layers that make the same channels, by their names (`conv1`, `conv2 + conv4`); at least one unit of each stays. A
 * unit that is gone takes along its biases, and the scales and shifts of the batch normalizations that it goes through,
 * so that it gives 0 up to activations; with `regrowth`, `keepDense` or softly nothing but kernels and masks changes.
 *
 * Keep the callback in the list for as long as you train before `shrink`: without it biases of masked channels learn
 * again, and are constants that padded convolutions which are not wrapped can't do without.
 *
 * Goes over several weights at once: for pruning, but not for penalties or scans that work on one weight at a time. A
 * criterion that scores all weights of an output alike, such as `batchNormScale()` or `geometricMedian()`, is asked of
 * what makes or passes a unit, not of what takes it in. By `batchNormScale()` channels stay that go through no batch
 * normalization, where others do; a line on the console says so, as it does of channels of which not all layers that
 * make them are pruned. Li et al. 2017, https://arxiv.org/abs/1608.08710; over whole groups: Fang et al. 2023,
 * https://arxiv.org/abs/2301.12900
 *
 * @throws TypeError or RangeError where an option is unknown or wrong; RangeError, when pruning, where no channel can
 *     go.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.5, structure: coupledChannels(), allocation: globalRanking({normalize:
 * 'mean'})}); const small = shrink(model);
 */
export function coupledChannels(args: CoupledChannelsArgs = {}): Structure {
  const {members = 'all', reduction} = expectOptions('coupledChannels', args, ['members', 'reduction']);
  expectOneOf('members', members, ['all', 'producers']);
  if (reduction !== undefined) expectOneOf('reduction', reduction, ['sum', 'mean', 'max']);
  return (weights, model, scoring) =>
    coupledGrouping(model, weights, {
      byProducers: members === 'producers',
      criterion: scoring,
      reduction: reduction ?? scoring.reduction,
    });
}
