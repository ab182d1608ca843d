import type {AvgPoolAttrs, AvgPoolInputs, MaxPoolAttrs, MaxPoolInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import type {KernelArgs} from './wasm-kernel.js';

type Args = KernelArgs<MaxPoolInputs | AvgPoolInputs, MaxPoolAttrs | AvgPoolAttrs>;

/** MaxPool and AvgPool: an output of size 0, as of a window larger than the image, breaks the stock kernels for good. */
export function pool({inputs: {x}, attrs, backend, stock}: Args): TensorInfo {
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  const shape = x.shape as [number, number, number, number];
  const {outShape} = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return util.sizeFromShape(outShape) === 0 ? backend.makeOutput(outShape, 'float32') : stock();
}
