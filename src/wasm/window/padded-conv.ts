import type {backend_util, Tensor, Tensor4D} from '@tensorflow/tfjs-core';
import {conv2d, depthwiseConv2d, slice} from '@tensorflow/tfjs-core';

/** The zeros before and after the entries of an axis. A negative number crops instead. */
export type Padding = readonly [before: number, after: number];

/** The padding and dilation of a convolution of stride 1. */
export interface Layout {
  readonly rows: Padding;
  readonly columns: Padding;
  readonly dilations?: [number, number];
}

/** The layout in which a convolution of X with dY is the gradient of the filter: the stride becomes the dilation. */
export function layoutForFilter(info: backend_util.Conv2DInfo): Layout {
  const {padInfo, strideHeight, strideWidth} = info;
  return {
    rows: [padInfo.top, (info.outHeight - 1) * strideHeight + info.filterHeight - info.inHeight - padInfo.top],
    columns: [padInfo.left, (info.outWidth - 1) * strideWidth + info.filterWidth - info.inWidth - padInfo.left],
    dilations: [strideHeight, strideWidth],
  };
}

/** The layout in which a convolution of dY, spread by the stride, is the gradient of the input. */
export function layoutForInput(info: backend_util.Conv2DInfo, {shape: [, rows, columns]}: Tensor4D): Layout {
  return {
    rows: paddingBack(info.inHeight, rows, info.filterHeight, info.padInfo.top),
    columns: paddingBack(info.inWidth, columns, info.filterWidth, info.padInfo.left),
  };
}

/** `tf.conv2d` with stride 1 and explicit padding, which crops where it is negative. */
export function paddedConv2d(x: Tensor4D, filter: Tensor4D, layout: Layout): Tensor4D {
  return conv2d(crop(x, layout), filter, 1, zerosAround(layout), 'NHWC', layout.dilations ?? 1);
}

/** `tf.depthwiseConv2d` with stride 1 and explicit padding, which crops where it is negative. */
export function paddedDepthwiseConv2d(x: Tensor4D, filter: Tensor4D, layout: Layout): Tensor4D {
  // The declared type lacks explicit padding, which kernel and gradient accept.
  return depthwiseConv2d(crop(x, layout), filter, 1, zerosAround(layout) as never, 'NHWC', layout.dilations ?? 1);
}

type Zeros = [number, number];

function zerosAround({rows, columns}: Layout): [Zeros, Zeros, Zeros, Zeros] {
  const zeros = ([before, after]: Padding): Zeros => [Math.max(before, 0), Math.max(after, 0)];
  return [[0, 0], zeros(rows), zeros(columns), [0, 0]];
}

function crop(x: Tensor4D, {rows, columns}: Layout): Tensor4D {
  return cropAxis(cropAxis(x, 1, rows), 2, columns);
}

/** Removes from both ends of an axis as many entries as its padding is below 0. */
export function cropAxis<T extends Tensor>(x: T, axis: number, [before, after]: Padding): T {
  if (before >= 0 && after >= 0) return x;
  const begin = x.shape.map((_, i) => (i === axis ? Math.max(-before, 0) : 0));
  const size = x.shape.map((length, i) => (i === axis ? length + Math.min(before, 0) + Math.min(after, 0) : length));
  return slice(x, begin, size);
}

/** The padding for which a convolution of stride 1 gives `length` entries and undoes a padding of `before`. */
export function paddingBack(length: number, spread: number, filter: number, before: number): Padding {
  const front = filter - 1 - before;
  return [front, length + filter - 1 - spread - front];
}
