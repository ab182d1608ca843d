import * as tf from '@tensorflow/tfjs-core';
import {isEmpty} from '../backend/heap.js';
import {refuse, type KernelArgs} from '../backend/install-kernel.js';
import {insertZeros} from '../window/insert-zeros.js';
import {layoutForFilter, layoutForInput, paddedConv2d} from '../window/padded-conv.js';
import {convWindow} from '../window/shape-of-window.js';

type FilterArgs = KernelArgs<tf.Conv2DBackpropFilterInputs, tf.Conv2DBackpropFilterAttrs>;
type InputArgs = KernelArgs<tf.Conv2DBackpropInputInputs, tf.Conv2DBackpropInputAttrs>;

/**
 * `dW[i, j, c, o] = sum over n, y, x of X[n, y s + i - p, x s + j - p, c] dY[n, y, x, o]`.
 * This is itself a convolution, of X with dY: channels take the place of the batch, the batch that of the channels, and
 * the stride that of the dilation. So XNNPACK's forward kernel computes it.
 */
export function conv2dBackpropFilter({inputs, attrs}: FilterArgs): tf.TensorInfo {
  const {dataFormat, filterShape} = attrs;
  if (dataFormat !== 'NHWC') refuse('Conv2DBackpropFilter', "dataFormat 'NHWC'", `'${dataFormat}'`, 'transpose first');
  const [x, dy] = [inputs.x as tf.Tensor4D, inputs.dy as tf.Tensor4D];
  const info = convWindow(x.shape, filterShape, attrs);
  if ([x, dy].some(isEmpty)) return tf.zeros(filterShape);
  return tf.tidy(() => {
    if (isPointwise(info)) return tf.reshape(tf.matMul(pixels(x), pixels(dy), true), filterShape);
    const [images, filter] = [tf.transpose(x, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3])];
    return tf.transpose(paddedConv2d(images, filter, layoutForFilter(info)), [1, 2, 0, 3]);
  });
}

/**
 * Whether output pixel i is the product of input pixel i with the filter, so that one matrix product computes all. An
 * output as large as the input does not imply it: with stride 2 and padding, a 1 x 1 filter maps 3 x 3 to 3 x 3, most
 * of them zeros.
 */
export function isPointwise(info: tf.backend_util.Conv2DInfo): boolean {
  const {filterHeight, filterWidth, strideHeight, strideWidth} = info;
  const isUnpadded = tf.util.arraysEqual(info.inShape.slice(0, 3), info.outShape.slice(0, 3));
  return filterHeight * filterWidth * strideHeight * strideWidth === 1 && isUnpadded;
}

function pixels(x: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[3]]);
}

/**
 * Also the forward pass of a transposed convolution: a convolution of dY, its entries spread by the stride, with the
 * filter rotated by 180 degrees and its channels swapped. The stock kernel is a plain loop, several times slower than
 * XNNPACK.
 */
export function conv2dBackpropInput({inputs, attrs, stock}: InputArgs): tf.TensorInfo {
  const {dataFormat, inputShape} = attrs;
  const [dy, filter] = [inputs.dy as tf.Tensor4D, inputs.filter as tf.Tensor4D];
  if (dataFormat !== 'NHWC') return stock();
  const info = convWindow(inputShape, filter.shape, attrs);
  if ([dy, filter].some(isEmpty)) return tf.zeros(inputShape);
  // Most of the work would be on inserted zeros. The stock kernel is right, and as fast at such strides.
  if (info.strideHeight * info.strideWidth > 4) return stock();
  return tf.tidy(() => {
    const spread = insertZeros(dy, [1, info.strideHeight, info.strideWidth, 1]);
    const rotated = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return paddedConv2d(spread, rotated, layoutForInput(info, spread));
  });
}
