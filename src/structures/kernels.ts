import {noteMakers} from '../options/makers.js';
import {eachWeight, type WeightStructure} from './each-weight.js';
import {expectWindow, slicesBy, type GroupArgs} from './slices.js';
import type {UnitView} from './unit-view.js';

/**
 * The window between one input and one output channel: a 2-D slice of a Conv2D kernel. In a ConvLSTM2D the windows of
 * all gates of a unit are pruned together. Mao et al. 2017, https://arxiv.org/abs/1705.08922
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, when pruning, if a layer is no
 *     convolution.
 *
 * @example
 * new GradualPruning({schedule, structure: kernels(), layers: /conv/});
 */
export function kernels(args: GroupArgs = {}): WeightStructure {
  return windowsBy('kernels', args, () => []);
}

/**
 * The rows of each window between one input and one output channel: `width` weights side by side.
 *
 * @throws as {@link kernels}, and if the window of a convolution does not have two axes.
 *
 * @example
 * new GradualPruning({schedule, structure: kernelRows(), layers: /conv/});
 */
export function kernelRows(args: GroupArgs = {}): WeightStructure {
  return windowsBy('kernelRows', args, ([row]) => [row!], 2);
}

/**
 * The columns of each window between one input and one output channel: `height` weights, one below the other.
 *
 * @throws as {@link kernels}, and if the window of a convolution does not have two axes.
 *
 * @example
 * new GradualPruning({schedule, structure: kernelColumns(), layers: /conv/});
 */
export function kernelColumns(args: GroupArgs = {}): WeightStructure {
  return windowsBy('kernelColumns', args, ([, column]) => [column!], 2);
}

noteMakers(kernels, kernelRows, kernelColumns);

/** Parts of each window between one input and one output channel. */
function windowsBy(
  owner: string,
  args: GroupArgs,
  apart: (spatial: UnitView['spatial']) => number[],
  axes?: number,
): WeightStructure {
  return eachWeight(
    slicesBy(owner, args, (view, layout) => {
      expectWindow(`${owner}()`, view, layout, axes);
      return [...view.inputs, ...view.outputs, ...apart(view.spatial)];
    }),
  );
}
