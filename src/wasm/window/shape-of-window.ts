import * as tf from '@tensorflow/tfjs-core';

type Shape = readonly number[];
type Shape4D = [number, number, number, number];
type WindowAttrs = Pick<tf.Conv2DBackpropInputAttrs, 'strides' | 'pad' | 'dimRoundingMode'>;

/** The window of a convolution without dilation. */
export function convWindow(
  images: Shape,
  filter: Shape,
  {strides, pad, dimRoundingMode}: WindowAttrs,
  isDepthwise = false,
): tf.backend_util.Conv2DInfo {
  const shapes = [images as Shape4D, filter as Shape4D] as const;
  return tf.backend_util.computeConv2DInfo(...shapes, strides, 1, pad, dimRoundingMode, isDepthwise);
}

/** The window of a pooling. */
export function poolWindow(
  images: Shape,
  {filterSize, strides, pad, dimRoundingMode}: tf.MaxPoolAttrs | tf.AvgPoolAttrs | tf.MaxPoolGradAttrs,
): tf.backend_util.Conv2DInfo {
  return tf.backend_util.computePool2DInfo(images as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
}
