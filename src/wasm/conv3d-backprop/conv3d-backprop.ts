import type {
  Conv3DBackpropFilterV2Attrs,
  Conv3DBackpropFilterV2Inputs,
  Conv3DBackpropInputV2Attrs,
  Conv3DBackpropInputV2Inputs,
  Tensor5D,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util, conv3d, pad, reverse, tidy, transpose, util, zeros} from '@tensorflow/tfjs-core';
import {insertZeros} from '../window/insert-zeros.js';
import {cropAxis, paddingBack} from '../window/padded-conv.js';
import type {Padding} from '../window/padded-conv.js';
import type {KernelArgs} from '../backend/install-kernel.js';

type FilterArgs = KernelArgs<Conv3DBackpropFilterV2Inputs, Conv3DBackpropFilterV2Attrs>;
type InputArgs = KernelArgs<Conv3DBackpropInputV2Inputs, Conv3DBackpropInputV2Attrs>;

// Both stock kernels are wrong: that for the input always, that for the filter with strides. The forward kernel Conv3D
// is right, and both gradients are convolutions too (see ../conv2d-backprop/composed.ts).

/** Conv3DBackpropFilterV2: the convolution of X with dY, its entries spread by the stride. */
function conv3dBackpropFilter({inputs, attrs}: FilterArgs): TensorInfo {
  const {strides, pad: padding, filterShape} = attrs;
  const [x, dy] = [inputs.x as Tensor5D, inputs.dy as Tensor5D];
  const info = backend_util.computeConv3DInfo(x.shape, filterShape, strides, 1, padding);
  if (util.sizeFromShape(x.shape) * util.sizeFromShape(dy.shape) === 0) return zeros(filterShape);
  return tidy(() => {
    const spread = insertZeros(dy, [1, info.strideDepth, info.strideHeight, info.strideWidth, 1]);
    const [, depth, height, width] = spread.shape;
    const padded = padVolume(x, [
      [info.padInfo.front, depth + info.filterDepth - 1 - info.inDepth - info.padInfo.front],
      [info.padInfo.top, height + info.filterHeight - 1 - info.inHeight - info.padInfo.top],
      [info.padInfo.left, width + info.filterWidth - 1 - info.inWidth - info.padInfo.left],
    ]);
    const gradient = conv3d(transpose(padded, [4, 1, 2, 3, 0]), transpose(spread, [1, 2, 3, 0, 4]), 1, 'valid');
    return transpose(gradient, [1, 2, 3, 0, 4]);
  });
}

/** Conv3DBackpropInputV2: the convolution of dY, its entries spread by the stride, with the reversed filter. */
function conv3dBackpropInput({inputs, attrs}: InputArgs): TensorInfo {
  const {strides, pad: padding, inputShape} = attrs;
  const [dy, filter] = [inputs.dy as Tensor5D, inputs.filter as Tensor5D];
  const info = backend_util.computeConv3DInfo(inputShape, filter.shape, strides, 1, padding);
  if (util.sizeFromShape(dy.shape) * util.sizeFromShape(filter.shape) === 0) return zeros(inputShape);
  return tidy(() => {
    const spread = insertZeros(dy, [1, info.strideDepth, info.strideHeight, info.strideWidth, 1]);
    const [, depth, height, width] = spread.shape;
    const padded = padVolume(spread, [
      paddingBack(info.inDepth, depth, info.filterDepth, info.padInfo.front),
      paddingBack(info.inHeight, height, info.filterHeight, info.padInfo.top),
      paddingBack(info.inWidth, width, info.filterWidth, info.padInfo.left),
    ]);
    return conv3d(padded, transpose(reverse(filter, [0, 1, 2]), [0, 1, 2, 4, 3]), 1, 'valid');
  });
}

function padVolume(x: Tensor5D, paddings: readonly [Padding, Padding, Padding]): Tensor5D {
  const cropped = paddings.reduce((volume, padding, i) => cropAxis(volume, i + 1, padding), x);
  const zerosAround = paddings.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  return pad(cropped, [[0, 0], ...zerosAround, [0, 0]]);
}

export const kernels = {Conv3DBackpropFilterV2: conv3dBackpropFilter, Conv3DBackpropInputV2: conv3dBackpropInput};
