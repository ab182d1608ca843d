import type {backend_util} from '@tensorflow/tfjs-core';
import {refuse} from './wasm-kernel.js';

/**
 * Throws where XNNPACK, which finds out the size of the output for itself, comes to another than tfjs: where tfjs is
 * told to round up, and where it takes padding in one number for a window or stride of unequal sides, of which it then
 * looks at the first side only. The output would be written with a wrong row length, or past its end.
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
 * Throws where the window is larger than the padded image by more than a step, for which tfjs comes to a size below 0.
 * Two such sides make a positive number of entries, with which the stock kernels break the heap.
 */
export function assertWindowFits(kernel: string, info: backend_util.Conv2DInfo): void {
  const {outHeight, outWidth, effectiveFilterHeight, effectiveFilterWidth} = info;
  if (outHeight >= 0 && outWidth >= 0) return;
  const window = `a window of ${effectiveFilterHeight} x ${effectiveFilterWidth}`;
  refuse(
    kernel,
    'an image no smaller than the window',
    `${window} on ${info.inHeight} x ${info.inWidth}`,
    'take a smaller window or pad the image',
  );
}
