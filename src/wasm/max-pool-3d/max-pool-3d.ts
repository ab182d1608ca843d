import type {
  MaxPool3DAttrs,
  MaxPool3DGradAttrs,
  MaxPool3DGradInputs,
  MaxPool3DInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';
import {forEachWindow, gradientToMaxima, indexOfMaximum} from '../window/maxima.js';

type Shape5D = [number, number, number, number, number];

/** MaxPool3D: the largest value of each window. */
function maxPool3d({inputs: {x}, attrs, backend}: KernelArgs<MaxPool3DInputs, MaxPool3DAttrs>): TensorInfo {
  const {filterSize, strides, pad, dimRoundingMode, dataFormat} = attrs;
  if (dataFormat === 'NCDHW') refuse('MaxPool3D', "dataFormat 'NDHWC'", "'NCDHW'", 'transpose first');
  const shape = x.shape as Shape5D;
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(info.outShape, x.dtype);
  const [maxima, values] = [backend.typedArrayFromHeap(out), backend.typedArrayFromHeap(x)];
  forEachWindow(info, (window, cell) => {
    for (let channel = 0; channel < info.inChannels; channel++) {
      const winner = indexOfMaximum(values, window, channel);
      maxima[cell + channel] = winner < 0 ? -Infinity : values[winner]!;
    }
  });
  return out;
}

/** MaxPool3DGrad: the gradient of each output goes to the largest value of its window, to the first of equal ones. */
function maxPool3dGrad(args: KernelArgs<MaxPool3DGradInputs, MaxPool3DGradAttrs>): TensorInfo {
  const {inputs, attrs, backend} = args;
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  const shape = inputs.input.shape as Shape5D;
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return gradientToMaxima(backend, inputs, info);
}

// Both are wrong in tf.js where a window has no positive value (see ../window/maxima.ts).
export const kernels = {MaxPool3D: maxPool3d, MaxPool3DGrad: maxPool3dGrad};
