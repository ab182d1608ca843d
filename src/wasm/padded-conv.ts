import type {Tensor, Tensor4D} from '@tensorflow/tfjs-core';
import {conv2d, depthwiseConv2d, slice} from '@tensorflow/tfjs-core';

/** Zeros before and after each entry of an axis; a negative number crops instead. */
export type Padding = readonly [before: number, after: number];

/** How a convolution of step 1 is laid over its input. */
export interface Layout {
  readonly rows: Padding;
  readonly columns: Padding;
  readonly dilations?: [number, number];
}

/** `tf.conv2d` with step 1 and explicit padding, cropping where it is negative. */
export function paddedConv2d(x: Tensor4D, filter: Tensor4D, layout: Layout): Tensor4D {
  return conv2d(crop(x, layout), filter, 1, zerosAround(layout), 'NHWC', layout.dilations ?? 1);
}

/** `tf.depthwiseConv2d` with step 1 and explicit padding, cropping where it is negative. */
export function paddedDepthwiseConv2d(x: Tensor4D, filter: Tensor4D, layout: Layout): Tensor4D {
  // The declared type lacks explicit padding, which kernel and gradient take.
  return depthwiseConv2d(crop(x, layout), filter, 1, zerosAround(layout) as never, 'NHWC', layout.dilations ?? 1);
}

function zerosAround({
  rows,
  columns,
}: Layout): [[number, number], [number, number], [number, number], [number, number]] {
  const zeros = ([before, after]: Padding): [number, number] => [Math.max(before, 0), Math.max(after, 0)];
  return [[0, 0], zeros(rows), zeros(columns), [0, 0]];
}

function crop(x: Tensor4D, {rows, columns}: Layout): Tensor4D {
  return cropAxis(cropAxis(x, 1, rows), 2, columns);
}

/** Takes away what negative padding says along one axis. */
export function cropAxis<T extends Tensor>(x: T, axis: number, [before, after]: Padding): T {
  if (before >= 0 && after >= 0) return x;
  const begin = x.shape.map((_, i) => (i === axis ? Math.max(-before, 0) : 0));
  const size = x.shape.map((length, i) => (i === axis ? length + Math.min(before, 0) + Math.min(after, 0) : length));
  return slice(x, begin, size);
}
