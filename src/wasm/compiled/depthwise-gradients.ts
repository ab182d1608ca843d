import type {
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeBackpropInputAttrs,
  DepthwiseConv2dNativeBackpropInputInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {addressOf, areFloats} from './prefer-compiled.js';
import type {CompiledArgs} from './prefer-compiled.js';
import {describeWindow} from './window.js';

type FilterArgs = CompiledArgs<DepthwiseConv2dNativeBackpropFilterInputs, DepthwiseConv2dNativeBackpropFilterAttrs>;
type InputArgs = CompiledArgs<DepthwiseConv2dNativeBackpropInputInputs, DepthwiseConv2dNativeBackpropInputAttrs>;
type Shape4D = [number, number, number, number];

/** DepthwiseConv2dNativeBackpropFilter (see ../assembly/depthwise.ts). */
export function depthwiseBackpropFilter({inputs, attrs, backend, kernels, composed}: FilterArgs): TensorInfo {
  const {x, dy} = inputs;
  const {strides, dilations, pad, dimRoundingMode, filterShape} = attrs;
  if (!isUndilated(dilations) || !areFloats(x, dy)) return composed();
  const shape = x.shape as Shape4D;
  const info = backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode, true);
  const out = backend.makeOutput(filterShape, 'float32');
  describeWindow(kernels, info);
  kernels.depthwiseFilterGrad(addressOf(backend, x), addressOf(backend, dy), addressOf(backend, out));
  return out;
}

/** DepthwiseConv2dNativeBackpropInput (see ../assembly/depthwise.ts). */
export function depthwiseBackpropInput({inputs, attrs, backend, kernels, composed}: InputArgs): TensorInfo {
  const {dy, filter} = inputs;
  const {strides, dilations, pad, dimRoundingMode, inputShape} = attrs;
  if (!isUndilated(dilations) || !areFloats(dy, filter)) return composed();
  const shape = filter.shape as Shape4D;
  const info = backend_util.computeConv2DInfo(inputShape, shape, strides, 1, pad, dimRoundingMode, true);
  const out = backend.makeOutput(inputShape, 'float32');
  describeWindow(kernels, info);
  kernels.depthwiseInputGrad(addressOf(backend, dy), addressOf(backend, filter), addressOf(backend, out));
  return out;
}

function isUndilated(dilations: number | [number, number]): boolean {
  return [dilations].flat().every(dilation => dilation === 1);
}
