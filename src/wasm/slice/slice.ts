import type {SliceAttrs, SliceInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {slice_util, util} from '@tensorflow/tfjs-core';
import {addressOf} from '../backend/heap.js';
import type {KernelArgs} from '../backend/install-kernel.js';

/**
 * Slice, by copying runs within the heap. The stock kernel first copies the whole source out of the heap, so that a
 * batch of 64 costs as much as the 60000 images it is taken from.
 *
 * @throws Error if the slice exceeds its source, as on cpu. The stock kernel returns whatever the heap holds there.
 */
function slice({inputs: {x}, attrs, backend, stock}: KernelArgs<SliceInputs, SliceAttrs>): TensorInfo {
  if (x.dtype === 'string') return stock();
  const [begin, size] = slice_util.parseSliceParams(x, attrs.begin, attrs.size) as [number[], number[]];
  slice_util.assertParamsValid(x, begin, size);
  const out = backend.makeOutput(size, x.dtype);
  const bytesPerElement = util.bytesPerElement(x.dtype);
  const strides = x.shape.map((_, axis) => bytesPerElement * util.sizeFromShape(x.shape.slice(axis + 1)));
  const runAxis = contiguousFrom(x.shape, size);
  const run = bytesPerElement * util.sizeFromShape(size.slice(runAxis));
  const heap = backend.wasm.HEAPU8;
  let target = addressOf(backend, out);
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
  copy(0, addressOf(backend, x));
  return out;
}

/** The last axis that is not taken whole, 0 if all are. From it on, the slice is contiguous in the source. */
function contiguousFrom(shape: readonly number[], size: readonly number[]): number {
  let axis = shape.length - 1;
  while (axis > 0 && shape[axis] === size[axis]) axis--;
  return axis;
}

export const kernels = {Slice: slice};
