import type {
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropFilterInputs,
  Conv2DBackpropInputAttrs,
  Conv2DBackpropInputInputs,
  Tensor2D,
  Tensor4D,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util, matMul, reshape, reverse, tidy, transpose, util, zeros} from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';
import {insertZeros} from '../window/insert-zeros.js';
import {paddedConv2d, paddingBack} from '../window/padded-conv.js';

type FilterArgs = KernelArgs<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>;
type InputArgs = KernelArgs<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>;

/**
 * `dW[i, j, c, o] = sum over n, y, x of X[n, y s + i - p, x s + j - p, c] dY[n, y, x, o]`.
 * This is itself a convolution, of X with dY: channels take the place of the batch, the batch that of the channels, and
 * the stride that of the dilation. So XNNPACK's forward kernel computes it.
 */
export function conv2dBackpropFilter({inputs, attrs}: FilterArgs): TensorInfo {
  const {strides, pad, dataFormat, dimRoundingMode, filterShape} = attrs;
  if (dataFormat !== 'NHWC') refuse('Conv2DBackpropFilter', "dataFormat 'NHWC'", `'${dataFormat}'`, 'transpose first');
  const [x, dy] = [inputs.x as Tensor4D, inputs.dy as Tensor4D];
  const info = backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
  if (util.sizeFromShape(x.shape) * util.sizeFromShape(dy.shape) === 0) return zeros(filterShape);
  const {padInfo, strideHeight, strideWidth} = info;
  return tidy(() => {
    if (isPointwise(info)) return reshape(matMul(pixels(x), pixels(dy), true), filterShape);
    const gradient = paddedConv2d(transpose(x, [3, 1, 2, 0]), transpose(dy, [1, 2, 0, 3]), {
      rows: [padInfo.top, (info.outHeight - 1) * strideHeight + info.filterHeight - info.inHeight - padInfo.top],
      columns: [padInfo.left, (info.outWidth - 1) * strideWidth + info.filterWidth - info.inWidth - padInfo.left],
      dilations: [strideHeight, strideWidth],
    });
    return transpose(gradient, [1, 2, 0, 3]);
  });
}

/**
 * Whether output pixel i is the product of input pixel i with the filter, so that one matrix product computes all. An
 * output as large as the input does not imply it: with stride 2 and padding, a 1 x 1 filter maps 3 x 3 to 3 x 3, most
 * of them zeros.
 */
export function isPointwise(info: backend_util.Conv2DInfo): boolean {
  const {filterHeight, filterWidth, strideHeight, strideWidth} = info;
  const isUnpadded = util.arraysEqual(info.inShape.slice(0, 3), info.outShape.slice(0, 3));
  return filterHeight * filterWidth * strideHeight * strideWidth === 1 && isUnpadded;
}

function pixels(x: Tensor4D): Tensor2D {
  return reshape(x, [-1, x.shape[3]]);
}

/**
 * Also the forward pass of a transposed convolution: a convolution of dY, its entries spread by the stride, with the
 * filter rotated by 180 degrees and its channels swapped. The stock kernel is a plain loop, several times slower than
 * XNNPACK.
 */
export function conv2dBackpropInput({inputs, attrs, stock}: InputArgs): TensorInfo {
  const {strides, pad, dataFormat, dimRoundingMode, inputShape} = attrs;
  const [dy, filter] = [inputs.dy as Tensor4D, inputs.filter as Tensor4D];
  if (dataFormat !== 'NHWC') return stock();
  const info = backend_util.computeConv2DInfo(inputShape, filter.shape, strides, 1, pad, dimRoundingMode);
  if (util.sizeFromShape(dy.shape) * util.sizeFromShape(filter.shape) === 0) return zeros(inputShape);
  // Most of the work would be on inserted zeros. The stock kernel is right, and as fast at such strides.
  if (info.strideHeight * info.strideWidth > 4) return stock();
  return tidy(() => {
    const spread = insertZeros(dy, [1, info.strideHeight, info.strideWidth, 1]);
    const rotated = transpose(reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return paddedConv2d(spread, rotated, {
      rows: paddingBack(info.inHeight, spread.shape[1], info.filterHeight, info.padInfo.top),
      columns: paddingBack(info.inWidth, spread.shape[2], info.filterWidth, info.padInfo.left),
    });
  });
}
