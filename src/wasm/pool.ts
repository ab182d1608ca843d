import type {AvgPoolAttrs, AvgPoolInputs, MaxPoolAttrs, MaxPoolInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {refuse} from './wasm-kernel.js';
import type {KernelArgs} from './wasm-kernel.js';
import {assertWindowFits, assertXnnpackSize} from './xnnpack-size.js';

type Args = KernelArgs<MaxPoolInputs | AvgPoolInputs, MaxPoolAttrs | AvgPoolAttrs>;

/** MaxPool; see `pool`. */
export function maxPool(args: Args): TensorInfo {
  return pool('MaxPool', args);
}

/** AvgPool; see `pool`. */
export function avgPool(args: Args): TensorInfo {
  return pool('AvgPool', args);
}

/**
 * An output of size 0, as of a window larger than the image, breaks the stock kernels for good; windows of nothing but
 * padding, and outputs of a size that XNNPACK does not come to, they fill with something else.
 */
function pool(kernel: string, {inputs: {x}, attrs, backend, stock}: Args): TensorInfo {
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  const shape = x.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  assertWindowFits(kernel, info);
  if (util.sizeFromShape(info.outShape) === 0) return backend.makeOutput(info.outShape, 'float32');
  if (pad !== 'same') {
    assertXnnpackSize(kernel, info);
    assertPaddingWithin(kernel, info);
  }
  return stock();
}

function assertPaddingWithin(kernel: string, {filterHeight, filterWidth, padInfo}: backend_util.Conv2DInfo): void {
  const {top, bottom, left, right} = padInfo;
  if (Math.max(top, bottom) < filterHeight && Math.max(left, right) < filterWidth) return;
  const window = `${filterHeight} x ${filterWidth}`;
  refuse(
    kernel,
    `padding smaller than the window of ${window}`,
    `[${[top, bottom, left, right].join()}]`,
    'use less of it',
  );
}
