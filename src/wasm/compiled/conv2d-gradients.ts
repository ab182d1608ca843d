import type {
  Conv2DBackpropFilterAttrs,
  Conv2DBackpropFilterInputs,
  Conv2DBackpropInputAttrs,
  Conv2DBackpropInputInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {isPointwise} from '../conv2d-backprop.js';
import {matrixAt, multiply} from './mat-mul.js';
import {addressOf, areFloats, withScratch} from './prefer-compiled.js';
import type {CompiledArgs} from './prefer-compiled.js';
import {describeWindow} from './window.js';

type FilterArgs = CompiledArgs<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>;
type InputArgs = CompiledArgs<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>;
type Shape4D = [number, number, number, number];

/** Conv2DBackpropFilter as a product of the unrolled windows with dY (see ../assembly/conv2d.ts). */
export function conv2dBackpropFilter({inputs, attrs, backend, kernels, composed}: FilterArgs): TensorInfo {
  const {x, dy} = inputs;
  const {strides, pad, dimRoundingMode, filterShape} = attrs;
  if (attrs.dataFormat !== 'NHWC' || !areFloats(x, dy)) return composed();
  const info = backend_util.computeConv2DInfo(x.shape as Shape4D, filterShape, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(filterShape, 'float32');
  const [xAddress, dyAddress, to] = [x, dy, out].map(tensor => addressOf(backend, tensor)) as [number, number, number];
  if (isPointwise(info)) {
    const pixels = info.batchSize * info.inHeight * info.inWidth;
    const images = matrixAt(xAddress, pixels, info.inChannels, true);
    multiply(backend, kernels, images, matrixAt(dyAddress, pixels, info.outChannels), to);
    return out;
  }
  describeWindow(kernels, info);
  withScratch(backend, kernels.conv2dFilterGradScratch(), scratch => {
    kernels.conv2dFilterGrad(xAddress, dyAddress, to, scratch);
  });
  return out;
}

/** Conv2DBackpropInput: the products of dY with the filter, put back where their windows lie. */
export function conv2dBackpropInput({inputs, attrs, backend, kernels, composed}: InputArgs): TensorInfo {
  const {dy, filter} = inputs;
  const {strides, pad, dimRoundingMode, inputShape} = attrs;
  if (attrs.dataFormat !== 'NHWC' || !areFloats(dy, filter)) return composed();
  const filterShape = filter.shape as Shape4D;
  const info = backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(inputShape, 'float32');
  const [dyAddress, weights, to] = [dy, filter, out].map(tensor => addressOf(backend, tensor)) as [
    number,
    number,
    number,
  ];
  if (isPointwise(info)) {
    const pixels = info.batchSize * info.inHeight * info.inWidth;
    const gradients = matrixAt(dyAddress, pixels, info.outChannels);
    multiply(backend, kernels, gradients, matrixAt(weights, info.inChannels, info.outChannels, true), to);
    return out;
  }
  describeWindow(kernels, info);
  withScratch(backend, kernels.conv2dInputGradScratch(), scratch => {
    kernels.conv2dInputGrad(dyAddress, weights, to, scratch);
  });
  return out;
}
