import type {
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropFilterInputs,
  Conv2DBackpropInputAttrs,
  Conv2DBackpropInputInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {addressesOf, areFloats, withScratch} from '../backend/heap.js';
import {preferCompiled} from '../backend/prefer-compiled.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import {matrixAt, multiply} from '../batch-mat-mul/matrix.js';
import {describeWindow} from '../window/describe-window.js';
import * as composed from './composed.js';

type FilterArgs = CompiledArgs<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>;
type InputArgs = CompiledArgs<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>;
type Shape4D = [number, number, number, number];

/** Conv2DBackpropFilter, missing from tf.js (issue 8474): a product of the unrolled windows with dY. */
function conv2dBackpropFilter({inputs, attrs, backend, compiled, fallback}: FilterArgs): TensorInfo {
  const {x, dy} = inputs;
  const {strides, pad, dimRoundingMode, filterShape} = attrs;
  if (attrs.dataFormat !== 'NHWC' || !areFloats(x, dy)) return fallback();
  const info = backend_util.computeConv2DInfo(x.shape as Shape4D, filterShape, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(filterShape, 'float32');
  const [images, gradients, to] = addressesOf(backend, x, dy, out);
  if (composed.isPointwise(info)) {
    const pixels = info.batchSize * info.inHeight * info.inWidth;
    const left = matrixAt(images, pixels, info.inChannels, true);
    multiply(backend, compiled, left, matrixAt(gradients, pixels, info.outChannels), to);
    return out;
  }
  describeWindow(compiled, info);
  withScratch(backend, compiled.conv2dBackpropFilterScratch(), scratch => {
    compiled.conv2dBackpropFilter(images, gradients, to, scratch);
  });
  return out;
}

/** Conv2DBackpropInput, slow in tf.js: a product of dY with the filter, added up where the windows overlap. */
function conv2dBackpropInput({inputs, attrs, backend, compiled, fallback}: InputArgs): TensorInfo {
  const {dy, filter} = inputs;
  const {strides, pad, dimRoundingMode, inputShape} = attrs;
  if (attrs.dataFormat !== 'NHWC' || !areFloats(dy, filter)) return fallback();
  const filterShape = filter.shape as Shape4D;
  const info = backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(inputShape, 'float32');
  const [gradients, weights, to] = addressesOf(backend, dy, filter, out);
  if (composed.isPointwise(info)) {
    const pixels = info.batchSize * info.inHeight * info.inWidth;
    const left = matrixAt(gradients, pixels, info.outChannels);
    multiply(backend, compiled, left, matrixAt(weights, info.inChannels, info.outChannels, true), to);
    return out;
  }
  describeWindow(compiled, info);
  withScratch(backend, compiled.conv2dBackpropInputScratch(), scratch => {
    compiled.conv2dBackpropInput(gradients, weights, to, scratch);
  });
  return out;
}

export const kernels = {
  Conv2DBackpropFilter: preferCompiled(conv2dBackpropFilter, composed.conv2dBackpropFilter),
  Conv2DBackpropInput: preferCompiled(conv2dBackpropInput, composed.conv2dBackpropInput),
};
