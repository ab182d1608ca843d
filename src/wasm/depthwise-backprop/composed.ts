import type {
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeBackpropInputAttrs,
  DepthwiseConv2dNativeBackpropInputInputs,
  Tensor4D,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util, reshape, reverse, sum, tidy, transpose, util, zeros} from '@tensorflow/tfjs-core';
import {insertZeros} from '../window/insert-zeros.js';
import {paddedDepthwiseConv2d, paddingBack} from '../window/padded-conv.js';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';

type FilterArgs = KernelArgs<DepthwiseConv2dNativeBackpropFilterInputs, DepthwiseConv2dNativeBackpropFilterAttrs>;
type InputArgs = KernelArgs<DepthwiseConv2dNativeBackpropInputInputs, DepthwiseConv2dNativeBackpropInputAttrs>;

/**
 * `dW[i, j, c, m] = sum over n, y, x of X[n, y s + i - p, x s + j - p, c] dY[n, y, x, c M + m]`.
 * A depthwise convolution of X with dY, the pairs (n, c) as channels and the stride as dilation, then a sum over n.
 */
export function depthwiseBackpropFilter({inputs, attrs}: FilterArgs): TensorInfo {
  const {strides, dilations, pad, dimRoundingMode, filterShape} = attrs;
  assertUndilated('DepthwiseConv2dNativeBackpropFilter', dilations);
  const [x, dy] = [inputs.x as Tensor4D, inputs.dy as Tensor4D];
  if (util.sizeFromShape(x.shape) * util.sizeFromShape(dy.shape) === 0) return zeros(filterShape);
  const info = backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode, true);
  const {batchSize, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo} = info;
  const {strideHeight, strideWidth} = info;
  const [, , channels, multiplier] = filterShape;
  return tidy(() => {
    const images = reshape(transpose(x, [1, 2, 0, 3]), [1, inHeight, inWidth, batchSize * channels]);
    const kernels = reshape(transpose(dy, [1, 2, 0, 3]), [outHeight, outWidth, batchSize * channels, multiplier]);
    const perImage = paddedDepthwiseConv2d(images as Tensor4D, kernels as Tensor4D, {
      rows: [padInfo.top, (outHeight - 1) * strideHeight + filterHeight - inHeight - padInfo.top],
      columns: [padInfo.left, (outWidth - 1) * strideWidth + filterWidth - inWidth - padInfo.left],
      dilations: [strideHeight, strideWidth],
    });
    const flat = reshape(perImage, [filterHeight * filterWidth, batchSize, channels * multiplier]);
    return reshape(sum(flat, 1), filterShape);
  });
}

/**
 * A depthwise convolution of dY, its entries spread by the stride, with the filter rotated by 180 degrees, then a sum
 * over the outputs of each input channel.
 */
export function depthwiseBackpropInput({inputs, attrs}: InputArgs): TensorInfo {
  const {strides, dilations, pad, dimRoundingMode, inputShape} = attrs;
  assertUndilated('DepthwiseConv2dNativeBackpropInput', dilations);
  const [dy, filter] = [inputs.dy as Tensor4D, inputs.filter as Tensor4D];
  if (util.sizeFromShape(dy.shape) * util.sizeFromShape(filter.shape) === 0) return zeros(inputShape);
  const info = backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode, true);
  const {filterHeight, filterWidth, inHeight, inWidth, outChannels, padInfo} = info;
  return tidy(() => {
    const spread = insertZeros(dy, [1, info.strideHeight, info.strideWidth, 1]);
    const rotated = reshape(reverse(filter, [0, 1]), [filterHeight, filterWidth, outChannels, 1]);
    const perOutput = paddedDepthwiseConv2d(spread, rotated as Tensor4D, {
      rows: paddingBack(inHeight, spread.shape[1], filterHeight, padInfo.top),
      columns: paddingBack(inWidth, spread.shape[2], filterWidth, padInfo.left),
    });
    return sum(reshape(perOutput, [...inputShape, -1]), 4);
  });
}

function assertUndilated(kernel: string, dilations: number | readonly number[]): void {
  if ([dilations].flat().some(dilation => dilation !== 1)) {
    refuse(kernel, 'dilations of 1', `[${[dilations].flat().join()}]`, 'train this layer without dilation');
  }
}
