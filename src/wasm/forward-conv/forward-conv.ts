import type {Conv2DAttrs, Conv2DInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';
import {assertWindowFits, assertXnnpackSize} from '../window/xnnpack-size.js';

type Attrs = Pick<Conv2DAttrs, 'strides' | 'pad' | 'dimRoundingMode'> & {
  dataFormat?: string;
  dilations?: Conv2DAttrs['dilations'] | null;
};
type Args = KernelArgs<Conv2DInputs, Attrs>;
type Shape4D = [number, number, number, number];

/**
 * The stock kernels leave padding 'same' to XNNPACK. Their output is wrong if the stride is larger than the filter
 * along an axis, as with a 1x3 filter and stride 2 (tf.js issue 6629), and right with the same padding in numbers. An
 * output of size 0 (no images, or a filter larger than the image) breaks the backend permanently.
 */
function withPaddingInNumbers(kernel: string, {inputs, attrs, backend, stock}: Args): TensorInfo {
  const {strides, dilations, pad, dimRoundingMode, dataFormat} = attrs;
  // One of the stock kernels refuses it, another reads it as NHWC.
  if (dataFormat === 'NCHW') refuse(kernel, "dataFormat 'NHWC'", "'NCHW'", 'transpose first');
  const [x, filter] = [inputs.x.shape as Shape4D, inputs.filter.shape as Shape4D];
  const isDepthwise = kernel.includes('Depthwise');
  const info = backend_util.computeConv2DInfo(x, filter, strides, dilations ?? 1, pad, dimRoundingMode, isDepthwise);
  assertWindowFits(kernel, info);
  if (util.sizeFromShape(info.outShape) === 0) return backend.makeOutput(info.outShape, 'float32');
  if (info.inChannels === 0) refuse(kernel, 'at least one input channel', 'none', 'remove this convolution');
  if (pad !== 'same') {
    assertXnnpackSize(kernel, info);
    return stock();
  }
  const {top, bottom, left, right} = info.padInfo;
  const none: [number, number] = [0, 0];
  return stock({...attrs, pad: [none, [top, bottom], [left, right], none]});
}

const names = ['Conv2D', 'DepthwiseConv2dNative', 'FusedConv2D', 'FusedDepthwiseConv2D'];

export const kernels = Object.fromEntries(names.map(name => [name, (args: Args) => withPaddingInNumbers(name, args)]));
