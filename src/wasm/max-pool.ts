import type {
  MaxPool3DAttrs,
  MaxPool3DGradAttrs,
  MaxPool3DGradInputs,
  MaxPool3DInputs,
  MaxPoolGradAttrs,
  MaxPoolGradInputs,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import {backend_util} from '@tensorflow/tfjs-core';
import type {WasmBackend} from './wasm-backend.js';
import {refuse} from './wasm-kernel.js';
import type {KernelArgs} from './wasm-kernel.js';

// The three stock kernels start their search for a maximum at the smallest positive number instead of -Infinity: in a
// window without a positive value MaxPool3D answers 1.2e-38, and the gradients get lost or go astray, silently.

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

/** MaxPool3D: the largest value of each window. */
export function maxPool3d({inputs: {x}, attrs, backend}: KernelArgs<MaxPool3DInputs, MaxPool3DAttrs>): TensorInfo {
  const {filterSize, strides, pad, dimRoundingMode, dataFormat} = attrs;
  if (dataFormat === 'NCDHW') refuse('MaxPool3D', "dataFormat 'NDHWC'", "'NCDHW'", 'transpose first');
  const shape = x.shape as Shape5D;
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const out = backend.makeOutput(info.outShape, x.dtype);
  const [maxima, values] = [backend.typedArrayFromHeap(out), backend.typedArrayFromHeap(x)];
  forEachWindow(info, (window, cell) => {
    for (let channel = 0; channel < info.inChannels; channel++) {
      const winner = indexOfMaximum(values, window, channel);
      maxima[cell + channel] = winner < 0 ? -Infinity : values[winner]!;
    }
  });
  return out;
}

/** MaxPoolGrad: the gradient of each output goes to the largest value of its window, to the first among equals. */
export function maxPoolGrad({inputs, attrs, backend}: KernelArgs<MaxPoolGradInputs, MaxPoolGradAttrs>): TensorInfo {
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  const shape = inputs.input.shape as Shape4D;
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return gradient(backend, inputs, asVolume(info));
}

/** MaxPool3DGrad: as MaxPoolGrad. */
export function maxPool3dGrad(args: KernelArgs<MaxPool3DGradInputs, MaxPool3DGradAttrs>): TensorInfo {
  const {inputs, attrs, backend} = args;
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  const shape = inputs.input.shape as Shape5D;
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return gradient(backend, inputs, info);
}

type GradientInputs = Record<'dy' | 'input', TensorInfo>;

function gradient(backend: WasmBackend, {dy, input}: GradientInputs, volume: Volume): TensorInfo {
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

/** What is needed of a pooling: sizes, strides, windows and padding along three axes. */
type Volume = Pick<
  backend_util.Conv3DInfo,
  | ('batchSize' | 'inChannels' | 'inDepth' | 'inHeight' | 'inWidth' | 'outDepth' | 'outHeight' | 'outWidth')
  | ('strideDepth' | 'strideHeight' | 'strideWidth' | 'filterDepth' | 'filterHeight' | 'filterWidth')
> & {padInfo: {front: number; top: number; left: number}};

function asVolume(info: backend_util.Conv2DInfo): Volume {
  const flat = {inDepth: 1, outDepth: 1, strideDepth: 1, filterDepth: 1};
  return {...info, ...flat, padInfo: {...info.padInfo, front: 0}};
}

/**
 * Calls `visit` for each window with where its pixels begin in the input and where its outputs begin. A pixel is all
 * channels of one place.
 */
function forEachWindow(volume: Volume, visit: (window: readonly number[], cell: number) => void): void {
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

/** The part of a window that lies within its axis. */
function span(start: number, length: number, limit: number): {first: number; end: number} {
  return {first: Math.max(start, 0), end: Math.min(start + length, limit)};
}

/** Where in a window a channel is largest, at the first place among equals; -1 if nowhere above -Infinity. */
function indexOfMaximum(values: backend_util.TypedArray, window: readonly number[], channel: number): number {
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
