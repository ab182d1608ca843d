import * as tf from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';
import {poolWindow} from '../window/shape-of-window.js';
import {assertWindowFits, assertXnnpackSize} from '../window/xnnpack-size.js';

type Args = KernelArgs<tf.MaxPoolInputs | tf.AvgPoolInputs, tf.MaxPoolAttrs | tf.AvgPoolAttrs>;

/**
 * An output of size 0, as for a window larger than the image, breaks the stock kernels permanently. Windows that hold
 * only padding, and outputs whose size XNNPACK computes differently, are filled with garbage.
 */
function pool(kernel: string, {inputs: {x}, attrs, backend, stock}: Args): tf.TensorInfo {
  const info = poolWindow(x.shape, attrs);
  assertWindowFits(kernel, info);
  if (tf.util.sizeFromShape(info.outShape) === 0) return backend.makeOutput(info.outShape, 'float32');
  if (attrs.pad !== 'same') {
    assertXnnpackSize(kernel, info);
    assertPaddingWithin(kernel, info);
  }
  return stock();
}

function assertPaddingWithin(kernel: string, {filterHeight, filterWidth, padInfo}: tf.backend_util.Conv2DInfo): void {
  const {top, bottom, left, right} = padInfo;
  if (Math.max(top, bottom) < filterHeight && Math.max(left, right) < filterWidth) return;
  const expected = `padding smaller than the window of ${filterHeight} x ${filterWidth}`;
  refuse(kernel, expected, `[${[top, bottom, left, right].join()}]`, 'use less padding');
}

export const kernels = {
  AvgPool: (args: Args) => pool('AvgPool', args),
  MaxPool: (args: Args) => pool('MaxPool', args),
};
