import type {backend_util} from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';

/**
 * Throws if XNNPACK computes another output size than tf.js: when tf.js is told to round up, and when it is given the
 * padding as one number for a window or stride of unequal sides, and then uses only the first. XNNPACK would
 * write rows of a wrong length, or past the end of the output.
 */
export function assertXnnpackSize(kernel: string, info: backend_util.Conv2DInfo): void {
  const {outHeight, outWidth, padInfo} = info;
  const rows = info.inHeight + padInfo.top + padInfo.bottom - info.effectiveFilterHeight;
  const columns = info.inWidth + padInfo.left + padInfo.right - info.effectiveFilterWidth;
  const [height, width] = [Math.floor(rows / info.strideHeight) + 1, Math.floor(columns / info.strideWidth) + 1];
  if (height !== outHeight || width !== outWidth) {
    const remedy = "give the padding by side and round down, or tf.pad the images and use 'valid'";
    refuse(kernel, `an output of ${height} x ${width} from these sizes`, `${outHeight} x ${outWidth}`, remedy);
  }
}

/**
 * Throws if the window is larger than the padded image by more than a stride, for which tf.js computes a negative
 * size. Two negative sides make a positive number of entries, with which the stock kernels corrupt the heap.
 */
export function assertWindowFits(kernel: string, info: backend_util.Conv2DInfo): void {
  const {outHeight, outWidth, effectiveFilterHeight, effectiveFilterWidth} = info;
  if (outHeight >= 0 && outWidth >= 0) return;
  const window = `a window of ${effectiveFilterHeight} x ${effectiveFilterWidth} on ${info.inHeight} x ${info.inWidth}`;
  refuse(kernel, 'an image no smaller than the window', window, 'use a smaller window or pad the image');
}
