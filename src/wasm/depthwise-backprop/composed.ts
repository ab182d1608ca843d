import * as tf from '@tensorflow/tfjs-core';
import {isEmpty} from '../backend/heap.js';
import {refuse, type KernelArgs} from '../backend/install-kernel.js';
import {insertZeros} from '../window/insert-zeros.js';
import {layoutForFilter, layoutForInput, paddedDepthwiseConv2d} from '../window/padded-conv.js';
import {convWindow} from '../window/shape-of-window.js';

type FilterArgs = KernelArgs<tf.DepthwiseConv2dNativeBackpropFilterInputs, tf.DepthwiseConv2dNativeBackpropFilterAttrs>;
type InputArgs = KernelArgs<tf.DepthwiseConv2dNativeBackpropInputInputs, tf.DepthwiseConv2dNativeBackpropInputAttrs>;

/**
 * `dW[i, j, c, m] = sum over n, y, x of X[n, y s + i - p, x s + j - p, c] dY[n, y, x, c M + m]`.
 * A depthwise convolution of X with dY, the pairs (n, c) as channels and the stride as dilation, then a sum over n.
 */
export function depthwiseBackpropFilter({inputs, attrs}: FilterArgs): tf.TensorInfo {
  const {filterShape} = attrs;
  assertUndilated('DepthwiseConv2dNativeBackpropFilter', attrs);
  const [x, dy] = [inputs.x as tf.Tensor4D, inputs.dy as tf.Tensor4D];
  if ([x, dy].some(isEmpty)) return tf.zeros(filterShape);
  const info = convWindow(x.shape, filterShape, attrs, true);
  const {batchSize, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth} = info;
  const [, , channels, multiplier] = filterShape;
  return tf.tidy(() => {
    const images = tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [1, inHeight, inWidth, batchSize * channels]);
    const kernels = tf.reshape(tf.transpose(dy, [1, 2, 0, 3]), [outHeight, outWidth, batchSize * channels, multiplier]);
    const perImage = paddedDepthwiseConv2d(images as tf.Tensor4D, kernels as tf.Tensor4D, layoutForFilter(info));
    const flat = tf.reshape(perImage, [filterHeight * filterWidth, batchSize, channels * multiplier]);
    return tf.reshape(tf.sum(flat, 1), filterShape);
  });
}

/**
 * A depthwise convolution of dY, its entries spread by the stride, with the filter rotated by 180 degrees, then a sum
 * over the outputs of each input channel.
 */
export function depthwiseBackpropInput({inputs, attrs}: InputArgs): tf.TensorInfo {
  const {inputShape} = attrs;
  assertUndilated('DepthwiseConv2dNativeBackpropInput', attrs);
  const [dy, filter] = [inputs.dy as tf.Tensor4D, inputs.filter as tf.Tensor4D];
  if ([dy, filter].some(isEmpty)) return tf.zeros(inputShape);
  const info = convWindow(inputShape, filter.shape, attrs, true);
  const {filterHeight, filterWidth, outChannels} = info;
  return tf.tidy(() => {
    const spread = insertZeros(dy, [1, info.strideHeight, info.strideWidth, 1]);
    const rotated = tf.reshape(tf.reverse(filter, [0, 1]), [filterHeight, filterWidth, outChannels, 1]);
    const perOutput = paddedDepthwiseConv2d(spread, rotated as tf.Tensor4D, layoutForInput(info, spread));
    return tf.sum(tf.reshape(perOutput, [...inputShape, -1]), 4);
  });
}

type Dilated = Pick<FilterArgs['attrs'], 'dilations'>;

/** Whether the window has gaps, for which there is no gradient here. */
export function isDilated({dilations}: Dilated): boolean {
  return [dilations].flat().some(dilation => dilation !== 1);
}

function assertUndilated(kernel: string, attrs: Dilated): void {
  if (!isDilated(attrs)) return;
  refuse(kernel, 'dilations of 1', `[${[attrs.dilations].flat().join()}]`, 'train this layer without dilation');
}
