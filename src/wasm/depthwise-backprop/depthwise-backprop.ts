import type {
  DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeBackpropInputAttrs,
  DepthwiseConv2dNativeBackpropInputInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {addressesOf, areFloats} from '../backend/heap.js';
import {preferCompiled} from '../backend/prefer-compiled.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import {describeWindow} from '../window/describe-window.js';
import * as composed from './composed.js';

type FilterArgs = CompiledArgs<DepthwiseConv2dNativeBackpropFilterInputs, DepthwiseConv2dNativeBackpropFilterAttrs>;
type InputArgs = CompiledArgs<DepthwiseConv2dNativeBackpropInputInputs, DepthwiseConv2dNativeBackpropInputAttrs>;
type Shape4D = [number, number, number, number];

/** DepthwiseConv2dNativeBackpropFilter, missing from the wasm backend of tf.js. */
function depthwiseBackpropFilter({inputs, attrs, backend, compiled, fallback}: FilterArgs): TensorInfo {
  const {x, dy} = inputs;
  const {strides, dilations, pad, dimRoundingMode, filterShape} = attrs;
  if (!isUndilated(dilations) || !areFloats(x, dy)) return fallback();
  const shape = x.shape as Shape4D;
  const info = backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode, true);
  const out = backend.makeOutput(filterShape, 'float32');
  describeWindow(compiled, info);
  compiled.depthwiseBackpropFilter(...addressesOf(backend, x, dy, out));
  return out;
}

/** DepthwiseConv2dNativeBackpropInput, missing from the wasm backend of tf.js. */
function depthwiseBackpropInput({inputs, attrs, backend, compiled, fallback}: InputArgs): TensorInfo {
  const {dy, filter} = inputs;
  const {strides, dilations, pad, dimRoundingMode, inputShape} = attrs;
  if (!isUndilated(dilations) || !areFloats(dy, filter)) return fallback();
  const shape = filter.shape as Shape4D;
  const info = backend_util.computeConv2DInfo(inputShape, shape, strides, 1, pad, dimRoundingMode, true);
  const out = backend.makeOutput(inputShape, 'float32');
  describeWindow(compiled, info);
  compiled.depthwiseBackpropInput(...addressesOf(backend, dy, filter, out));
  return out;
}

function isUndilated(dilations: number | [number, number]): boolean {
  return [dilations].flat().every(dilation => dilation === 1);
}

export const kernels = {
  DepthwiseConv2dNativeBackpropFilter: preferCompiled(depthwiseBackpropFilter, composed.depthwiseBackpropFilter),
  DepthwiseConv2dNativeBackpropInput: preferCompiled(depthwiseBackpropInput, composed.depthwiseBackpropInput),
};
