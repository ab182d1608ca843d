import type {
  Conv2DAttrs,
  Conv2DInputs,
  DepthwiseConv2dNativeAttrs,
  DepthwiseConv2dNativeInputs,
  FusedConv2DAttrs,
  FusedConv2DInputs,
  FusedDepthwiseConv2DAttrs,
  FusedDepthwiseConv2DInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {refuse} from './wasm-kernel.js';
import type {KernelArgs} from './wasm-kernel.js';
import {assertWindowFits, assertXnnpackSize} from './xnnpack-size.js';

// The stock kernels leave 'same' to XNNPACK and give a wrong output where the stride is larger than the filter along an
// axis, as with a 1x3 filter and stride 2 (tfjs issue 6629); with the same padding in numbers they are right. And an
// output of size 0 (no images, or a filter larger than the image) breaks the backend for good.

type Shape4D = [number, number, number, number];

/** Conv2D with padding 'same' spelled out. */
export function conv2d(args: KernelArgs<Conv2DInputs, Conv2DAttrs>): TensorInfo {
  return withPaddingInNumbers('Conv2D', args);
}

/** FusedConv2D with padding 'same' spelled out. */
export function fusedConv2d(args: KernelArgs<FusedConv2DInputs, FusedConv2DAttrs>): TensorInfo {
  return withPaddingInNumbers('FusedConv2D', args);
}

/** DepthwiseConv2dNative with padding 'same' spelled out. */
export function depthwiseConv2d(args: KernelArgs<DepthwiseConv2dNativeInputs, DepthwiseConv2dNativeAttrs>): TensorInfo {
  return withPaddingInNumbers('DepthwiseConv2dNative', args);
}

/** FusedDepthwiseConv2D with padding 'same' spelled out. */
export function fusedDepthwiseConv2d(
  args: KernelArgs<FusedDepthwiseConv2DInputs, FusedDepthwiseConv2DAttrs>,
): TensorInfo {
  return withPaddingInNumbers('FusedDepthwiseConv2D', args);
}

type Attrs = Pick<Conv2DAttrs, 'strides' | 'pad' | 'dimRoundingMode'> & {
  dataFormat?: string;
  dilations?: Conv2DAttrs['dilations'] | null;
};

function withPaddingInNumbers<A extends Attrs>(kernel: string, args: KernelArgs<Conv2DInputs, A>): TensorInfo {
  const {inputs, attrs, backend, stock} = args;
  const {strides, dilations, pad, dimRoundingMode, dataFormat} = attrs;
  // Of the stock kernels one refuses this and another takes it for the other layout.
  if (dataFormat === 'NCHW') refuse(kernel, "dataFormat 'NHWC'", "'NCHW'", 'transpose first');
  const [x, filter] = [inputs.x.shape as Shape4D, inputs.filter.shape as Shape4D];
  const isDepthwise = kernel.includes('Depthwise');
  const info = backend_util.computeConv2DInfo(x, filter, strides, dilations ?? 1, pad, dimRoundingMode, isDepthwise);
  assertWindowFits(kernel, info);
  if (util.sizeFromShape(info.outShape) === 0) return backend.makeOutput(info.outShape, 'float32');
  if (info.inChannels === 0) refuse(kernel, 'at least one input channel', 'none', 'leave this convolution out');
  if (pad !== 'same') {
    assertXnnpackSize(kernel, info);
    return stock();
  }
  const {top, bottom, left, right} = info.padInfo;
  const none: [number, number] = [0, 0];
  return stock({...attrs, pad: [none, [top, bottom], [left, right], none]});
}
