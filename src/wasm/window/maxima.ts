import type {backend_util, TensorInfo} from '@tensorflow/tfjs-core';
import type {WasmBackend} from '../backend/wasm-backend.js';

// The stock kernels MaxPoolGrad, MaxPool3D and MaxPool3DGrad begin their search for a maximum at the smallest positive
// number instead of -Infinity. In a window without a positive value, MaxPool3D returns 1.2e-38 and the gradients are
// silently lost or go to other values.

type GradientInputs = Record<'dy' | 'input', TensorInfo>;

/** The gradient of a max pooling: adds that of each output to the largest value of its window. */
export function gradientToMaxima(backend: WasmBackend, {dy, input}: GradientInputs, volume: Volume): TensorInfo {
  const out = backend.makeOutput(input.shape, 'float32');
  const [dx, gradients] = [backend.typedArrayFromHeap(out), backend.typedArrayFromHeap(dy)];
  const values = backend.typedArrayFromHeap(input);
  dx.fill(0);
  forEachWindow(volume, (window, cell) => {
    for (let channel = 0; channel < volume.inChannels; channel++) {
      const winner = indexOfMaximum(values, window, channel);
      if (winner >= 0) dx[winner]! += gradients[cell + channel]!;
    }
  });
  return out;
}

/** The sizes, strides, windows and padding of a pooling along three axes. */
export type Volume = Pick<
  backend_util.Conv3DInfo,
  | ('batchSize' | 'inChannels' | 'inDepth' | 'inHeight' | 'inWidth' | 'outDepth' | 'outHeight' | 'outWidth')
  | ('strideDepth' | 'strideHeight' | 'strideWidth' | 'filterDepth' | 'filterHeight' | 'filterWidth')
> & {padInfo: {front: number; top: number; left: number}};

/** A pooling of images as one of volumes with a depth of 1. */
export function asVolume(info: backend_util.Conv2DInfo): Volume {
  const flat = {inDepth: 1, outDepth: 1, strideDepth: 1, filterDepth: 1};
  return {...info, ...flat, padInfo: {...info.padInfo, front: 0}};
}

/**
 * Calls `visit` for each window with the indices of its pixels in the input and the index of its output. A pixel is all
 * channels of one position.
 */
export function forEachWindow(volume: Volume, visit: (window: readonly number[], cell: number) => void): void {
  let cell = 0;
  for (let image = 0; image < volume.batchSize; image++) {
    for (let z = 0; z < volume.outDepth; z++) {
      for (let y = 0; y < volume.outHeight; y++) {
        for (let x = 0; x < volume.outWidth; x++) {
          visit(windowAt(volume, image, z, y, x), cell);
          cell += volume.inChannels;
        }
      }
    }
  }
}

function windowAt(volume: Volume, image: number, z: number, y: number, x: number): number[] {
  const {inChannels, inDepth, inHeight, inWidth, padInfo} = volume;
  const slices = span(z * volume.strideDepth - padInfo.front, volume.filterDepth, inDepth);
  const rows = span(y * volume.strideHeight - padInfo.top, volume.filterHeight, inHeight);
  const columns = span(x * volume.strideWidth - padInfo.left, volume.filterWidth, inWidth);
  const window: number[] = [];
  for (let slice = slices.first; slice < slices.end; slice++) {
    for (let row = rows.first; row < rows.end; row++) {
      const start = ((image * inDepth + slice) * inHeight + row) * inWidth;
      for (let column = columns.first; column < columns.end; column++) window.push((start + column) * inChannels);
    }
  }
  return window;
}

/** The part of a window that is inside the image along one axis. */
function span(start: number, length: number, limit: number): {first: number; end: number} {
  return {first: Math.max(start, 0), end: Math.min(start + length, limit)};
}

/** The index of the largest value of a channel in a window, the first of equal ones; -1 if none is above -Infinity. */
export function indexOfMaximum(values: backend_util.TypedArray, window: readonly number[], channel: number): number {
  let winner = -1;
  let maximum = -Infinity;
  for (const pixel of window) {
    const value = values[pixel + channel]!;
    if (value > maximum) {
      maximum = value;
      winner = pixel + channel;
    }
  }
  return winner;
}
