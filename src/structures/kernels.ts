import {expectWindow, slicesBy, type GroupArgs} from './slices.js';
import type {Structure} from './structure.js';

/**
 * The window between one input and one output channel: a 2-D slice of a Conv2D kernel. In a ConvLSTM2D the windows of a
 * unit's gates fall together. Mao et al. 2017, https://arxiv.org/abs/1705.08922
 *
 * @throws TypeError or RangeError where an option is unknown or wrong; RangeError, when pruning, where a layer is no
 *     convolution.
 *
 * @example
 * new GradualPruning({schedule, structure: kernels(), layers: /conv/});
 */
export function kernels(args: GroupArgs = {}): Structure {
  return slicesBy('kernels', args, (view, layout) => {
    expectWindow('kernels()', view, layout);
    return [...view.inputs, ...view.outputs];
  });
}

/**
 * The rows of each window between one input and one output channel: `width` weights side by side.
 *
 * @throws as {@link kernels}, and where a convolution's window has not two axes.
 *
 * @example
 * new GradualPruning({schedule, structure: kernelRows(), layers: /conv/});
 */
export function kernelRows(args: GroupArgs = {}): Structure {
  return slicesBy('kernelRows', args, (view, layout) => {
    expectWindow('kernelRows()', view, layout, 2);
    return [...view.inputs, ...view.outputs, view.spatial[0]!];
  });
}

/**
 * The columns of each window between one input and one output channel: `height` weights, one below the other.
 *
 * @throws as {@link kernels}, and where a convolution's window has not two axes.
 *
 * @example
 * new GradualPruning({schedule, structure: kernelColumns(), layers: /conv/});
 */
export function kernelColumns(args: GroupArgs = {}): Structure {
  return slicesBy('kernelColumns', args, (view, layout) => {
    expectWindow('kernelColumns()', view, layout, 2);
    return [...view.inputs, ...view.outputs, view.spatial[1]!];
  });
}
