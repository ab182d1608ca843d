import type {SliceAttrs, SliceInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {slice_util, util} from '@tensorflow/tfjs-core';
import {locate} from './wasm-backend.js';
import type {KernelArgs} from './wasm-kernel.js';

/**
 * Slice by copying runs within the heap. The stock kernel first copies the whole source out of it, so that a batch of
 * 64 costs as much as the 60000 images it is taken from.
 *
 * @throws Error if the slice leaves its source, as on cpu; the stock kernel then answers with leftovers of the heap.
 */
export function slice({inputs: {x}, attrs, backend, stock}: KernelArgs<SliceInputs, SliceAttrs>): TensorInfo {
  if (x.dtype === 'string') return stock();
  const [begin, size] = slice_util.parseSliceParams(x, attrs.begin, attrs.size) as [number[], number[]];
  slice_util.assertParamsValid(x, begin, size);
  const out = backend.makeOutput(size, x.dtype);
  const {address, bytesPerElement} = locate(backend, x);
  const strides = x.shape.map((_, axis) => bytesPerElement * util.sizeFromShape(x.shape.slice(axis + 1)));
  const runAxis = contiguousFrom(x.shape, size);
  const run = bytesPerElement * util.sizeFromShape(size.slice(runAxis));
  const heap = backend.wasm.HEAPU8;
  let target = locate(backend, out).address;
  const copy = (axis: number, at: number): void => {
    const stride = strides[axis]!;
    const from = at + begin[axis]! * stride;
    if (axis === runAxis) {
      heap.copyWithin(target, from, from + run);
      target += run;
    } else {
      for (let i = 0; i < size[axis]!; i++) copy(axis + 1, from + i * stride);
    }
  };
  copy(0, address);
  return out;
}

/** The last axis that is not taken whole (0 if all are): from it on, the slice lies in one piece in the source. */
function contiguousFrom(shape: readonly number[], size: readonly number[]): number {
  let axis = shape.length - 1;
  while (axis > 0 && shape[axis] === size[axis]) axis--;
  return axis;
}
