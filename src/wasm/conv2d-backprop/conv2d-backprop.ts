import type * as tf from '@tensorflow/tfjs-core';
import {areFloats, withScratch} from '../backend/heap.js';
import {preferCompiled, type CompiledArgs} from '../backend/prefer-compiled.js';
import {matrixAt, multiply} from '../batch-mat-mul/matrix.js';
import {convWindow} from '../window/shape-of-window.js';
import {windowGradient} from '../window/window-gradient.js';
import * as composed from './composed.js';

type FilterArgs = CompiledArgs<tf.Conv2DBackpropFilterInputs, tf.Conv2DBackpropFilterAttrs>;
type InputArgs = CompiledArgs<tf.Conv2DBackpropInputInputs, tf.Conv2DBackpropInputAttrs>;

/** Conv2DBackpropFilter, missing from tf.js (issue 8474): a product of the unrolled windows with dY. */
function conv2dBackpropFilter({inputs: {x, dy}, attrs, fallback, ...wasm}: FilterArgs): tf.TensorInfo {
  const {backend, compiled} = wasm;
  if (attrs.dataFormat !== 'NHWC' || !areFloats(x, dy)) return fallback();
  const info = convWindow(x.shape, attrs.filterShape, attrs);
  return windowGradient(wasm, info, [x, dy], attrs.filterShape, (images, gradients, to) => {
    if (composed.isPointwise(info)) {
      const left = matrixAt(images, pixelsOf(info), info.inChannels, true);
      multiply(backend, compiled, left, matrixAt(gradients, pixelsOf(info), info.outChannels), to);
      return;
    }
    withScratch(backend, compiled.conv2dBackpropFilterScratch(), scratch => {
      compiled.conv2dBackpropFilter(images, gradients, to, scratch);
    });
  });
}

/** Conv2DBackpropInput, slow in tf.js: a product of dY with the filter, added up where the windows overlap. */
function conv2dBackpropInput({inputs: {dy, filter}, attrs, fallback, ...wasm}: InputArgs): tf.TensorInfo {
  const {backend, compiled} = wasm;
  if (attrs.dataFormat !== 'NHWC' || !areFloats(dy, filter)) return fallback();
  const info = convWindow(attrs.inputShape, filter.shape, attrs);
  return windowGradient(wasm, info, [dy, filter], attrs.inputShape, (gradients, weights, to) => {
    if (composed.isPointwise(info)) {
      const left = matrixAt(gradients, pixelsOf(info), info.outChannels);
      multiply(backend, compiled, left, matrixAt(weights, info.inChannels, info.outChannels, true), to);
      return;
    }
    withScratch(backend, compiled.conv2dBackpropInputScratch(), scratch => {
      compiled.conv2dBackpropInput(gradients, weights, to, scratch);
    });
  });
}

function pixelsOf({batchSize, inHeight, inWidth}: tf.backend_util.Conv2DInfo): number {
  return batchSize * inHeight * inWidth;
}

export const kernels = {
  Conv2DBackpropFilter: preferCompiled(conv2dBackpropFilter, composed.conv2dBackpropFilter),
  Conv2DBackpropInput: preferCompiled(conv2dBackpropInput, composed.conv2dBackpropInput),
};
