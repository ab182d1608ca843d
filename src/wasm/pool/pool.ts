import type {AvgPoolAttrs, AvgPoolInputs, MaxPoolAttrs, MaxPoolInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';
import {assertWindowFits, assertXnnpackSize} from '../window/xnnpack-size.js';

type Args = KernelArgs<MaxPoolInputs | AvgPoolInputs, MaxPoolAttrs | AvgPoolAttrs>;

/**
 * An output of size 0, as for a window larger than the image, breaks the stock kernels permanently. Windows that hold
 * only padding, and outputs whose size XNNPACK computes differently, are filled with garbage.
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
  const expected = `padding smaller than the window of ${filterHeight} x ${filterWidth}`;
  refuse(kernel, expected, `[${[top, bottom, left, right].join()}]`, 'use less padding');
}

export const kernels = {
  AvgPool: (args: Args) => pool('AvgPool', args),
  MaxPool: (args: Args) => pool('MaxPool', args),
};
