import type * as tf from '@tensorflow/tfjs-core';
import {areFloats} from '../backend/heap.js';
import {preferCompiled, type CompiledArgs} from '../backend/prefer-compiled.js';
import {convWindow} from '../window/shape-of-window.js';
import {windowGradient} from '../window/window-gradient.js';
import * as composed from './composed.js';

type FilterArgs = CompiledArgs<
  tf.DepthwiseConv2dNativeBackpropFilterInputs,
  tf.DepthwiseConv2dNativeBackpropFilterAttrs
>;
type InputArgs = CompiledArgs<tf.DepthwiseConv2dNativeBackpropInputInputs, tf.DepthwiseConv2dNativeBackpropInputAttrs>;

/** DepthwiseConv2dNativeBackpropFilter, missing from the wasm backend of tf.js. */
function depthwiseBackpropFilter({inputs: {x, dy}, attrs, fallback, ...wasm}: FilterArgs): tf.TensorInfo {
  if (composed.isDilated(attrs) || !areFloats(x, dy)) return fallback();
  const info = convWindow(x.shape, attrs.filterShape, attrs, true);
  return windowGradient(wasm, info, [x, dy], attrs.filterShape, wasm.compiled.depthwiseBackpropFilter);
}

/** DepthwiseConv2dNativeBackpropInput, missing from the wasm backend of tf.js. */
function depthwiseBackpropInput({inputs: {dy, filter}, attrs, fallback, ...wasm}: InputArgs): tf.TensorInfo {
  if (composed.isDilated(attrs) || !areFloats(dy, filter)) return fallback();
  const info = convWindow(attrs.inputShape, filter.shape, attrs, true);
  return windowGradient(wasm, info, [dy, filter], attrs.inputShape, wasm.compiled.depthwiseBackpropInput);
}

export const kernels = {
  DepthwiseConv2dNativeBackpropFilter: preferCompiled(depthwiseBackpropFilter, composed.depthwiseBackpropFilter),
  DepthwiseConv2dNativeBackpropInput: preferCompiled(depthwiseBackpropInput, composed.depthwiseBackpropInput),
};
