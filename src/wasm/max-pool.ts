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
import type {KernelArgs} from './wasm-kernel.js';

// The three stock kernels start their search for a maximum at the smallest positive number instead of -Infinity: in a
// window without a positive value MaxPool3D answers 1.2e-38, and the gradients get lost or go astray, silently.

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

/** MaxPool3D: the largest value of each window. */
export function maxPool3d({inputs: {x}, attrs, backend}: KernelArgs<MaxPool3DInputs, MaxPool3DAttrs>): TensorInfo {
  const {filterSize, strides, pad, dimRoundingMode, dataFormat} = attrs;
  const shape = x.shape as Shape5D;
  const info = backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode, dataFormat);
  const out = backend.makeOutput(info.outShape, x.dtype);
  const values = backend.typedArrayFromHeap(out);
  forEachWindow(backend.typedArrayFromHeap(x), info, (cell, maxima) => {
    values.set(maxima, cell);
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
  dx.fill(0);
  forEachWindow(backend.typedArrayFromHeap(input), volume, (cell, _, winners) => {
    for (let channel = 0; channel < winners.length; channel++) {
      const winner = winners[channel] as number;
      if (winner >= 0) (dx[winner] as number) += gradients[cell + channel] as number;
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
 * Calls `visit` for each window with the index of its first output value, and per channel the largest input value and
 * its index (-1 if no value is larger than -Infinity). Channels are the innermost loop because they lie side by side.
 */
function forEachWindow(
  x: backend_util.TypedArray,
  volume: Volume,
  visit: (cell: number, maxima: Float32Array, winners: Int32Array) => void,
): void {
  const {batchSize, inChannels, inDepth, inHeight, inWidth, padInfo} = volume;
  const maxima = new Float32Array(inChannels);
  const winners = new Int32Array(inChannels);
  let cell = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let z = 0; z < volume.outDepth; z++) {
      const [firstZ, lastZ] = span(z * volume.strideDepth - padInfo.front, volume.filterDepth, inDepth);
      for (let y = 0; y < volume.outHeight; y++) {
        const [firstY, lastY] = span(y * volume.strideHeight - padInfo.top, volume.filterHeight, inHeight);
        for (let x0 = 0; x0 < volume.outWidth; x0++) {
          const [firstX, lastX] = span(x0 * volume.strideWidth - padInfo.left, volume.filterWidth, inWidth);
          maxima.fill(-Infinity);
          winners.fill(-1);
          for (let zi = firstZ; zi < lastZ; zi++) {
            for (let yi = firstY; yi < lastY; yi++) {
              const row = ((image * inDepth + zi) * inHeight + yi) * inWidth;
              for (let xi = firstX; xi < lastX; xi++) challenge(x, (row + xi) * inChannels, maxima, winners);
            }
          }
          visit(cell, maxima, winners);
          cell += inChannels;
        }
      }
    }
  }
}

function span(start: number, length: number, limit: number): [first: number, last: number] {
  return [Math.max(start, 0), Math.min(start + length, limit)];
}

function challenge(x: backend_util.TypedArray, at: number, maxima: Float32Array, winners: Int32Array): void {
  for (let channel = 0; channel < maxima.length; channel++) {
    const value = x[at + channel] as number;
    if (value > (maxima[channel] as number)) {
      maxima[channel] = value;
      winners[channel] = at + channel;
    }
  }
}
