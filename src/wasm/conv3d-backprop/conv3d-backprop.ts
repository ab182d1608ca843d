import * as tf from '@tensorflow/tfjs-core';
import {isEmpty} from '../backend/heap.js';
import type {KernelArgs} from '../backend/install-kernel.js';
import {insertZeros} from '../window/insert-zeros.js';
import {cropAxis, paddingBack, type Padding} from '../window/padded-conv.js';

type FilterArgs = KernelArgs<tf.Conv3DBackpropFilterV2Inputs, tf.Conv3DBackpropFilterV2Attrs>;
type InputArgs = KernelArgs<tf.Conv3DBackpropInputV2Inputs, tf.Conv3DBackpropInputV2Attrs>;

// Both stock kernels are wrong: that for the input always, that for the filter with strides. The forward kernel Conv3D
// is right, and both gradients are convolutions too (see ../conv2d-backprop/composed.ts).

/** Conv3DBackpropFilterV2: the convolution of X with dY, its entries spread by the stride. */
function conv3dBackpropFilter({inputs, attrs}: FilterArgs): tf.TensorInfo {
  const {strides, pad: padding, filterShape} = attrs;
  const [x, dy] = [inputs.x as tf.Tensor5D, inputs.dy as tf.Tensor5D];
  const info = tf.backend_util.computeConv3DInfo(x.shape, filterShape, strides, 1, padding);
  if ([x, dy].some(isEmpty)) return tf.zeros(filterShape);
  return tf.tidy(() => {
    const spread = insertZeros(dy, [1, info.strideDepth, info.strideHeight, info.strideWidth, 1]);
    const [, depth, height, width] = spread.shape;
    const padded = padVolume(x, [
      [info.padInfo.front, depth + info.filterDepth - 1 - info.inDepth - info.padInfo.front],
      [info.padInfo.top, height + info.filterHeight - 1 - info.inHeight - info.padInfo.top],
      [info.padInfo.left, width + info.filterWidth - 1 - info.inWidth - info.padInfo.left],
    ]);
    const gradient = tf.conv3d(
      tf.transpose(padded, [4, 1, 2, 3, 0]),
      tf.transpose(spread, [1, 2, 3, 0, 4]),
      1,
      'valid',
    );
    return tf.transpose(gradient, [1, 2, 3, 0, 4]);
  });
}

/** Conv3DBackpropInputV2: the convolution of dY, its entries spread by the stride, with the reversed filter. */
function conv3dBackpropInput({inputs, attrs}: InputArgs): tf.TensorInfo {
  const {strides, pad: padding, inputShape} = attrs;
  const [dy, filter] = [inputs.dy as tf.Tensor5D, inputs.filter as tf.Tensor5D];
  const info = tf.backend_util.computeConv3DInfo(inputShape, filter.shape, strides, 1, padding);
  if ([dy, filter].some(isEmpty)) return tf.zeros(inputShape);
  return tf.tidy(() => {
    const spread = insertZeros(dy, [1, info.strideDepth, info.strideHeight, info.strideWidth, 1]);
    const [, depth, height, width] = spread.shape;
    const padded = padVolume(spread, [
      paddingBack(info.inDepth, depth, info.filterDepth, info.padInfo.front),
      paddingBack(info.inHeight, height, info.filterHeight, info.padInfo.top),
      paddingBack(info.inWidth, width, info.filterWidth, info.padInfo.left),
    ]);
    return tf.conv3d(padded, tf.transpose(tf.reverse(filter, [0, 1, 2]), [0, 1, 2, 4, 3]), 1, 'valid');
  });
}

function padVolume(x: tf.Tensor5D, paddings: readonly [Padding, Padding, Padding]): tf.Tensor5D {
  const cropped = paddings.reduce((volume, padding, i) => cropAxis(volume, i + 1, padding), x);
  const zerosAround = paddings.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  return tf.pad(cropped, [[0, 0], ...zerosAround, [0, 0]]);
}

export const kernels = {Conv3DBackpropFilterV2: conv3dBackpropFilter, Conv3DBackpropInputV2: conv3dBackpropInput};
