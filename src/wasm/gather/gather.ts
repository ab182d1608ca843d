import type {GatherV2Attrs, GatherV2Inputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {addressOf} from '../backend/heap.js';
import type {KernelArgs} from '../backend/install-kernel.js';

/**
 * GatherV2, by copying whole rows within the heap. The stock kernel computes the position of every number. `model.fit`
 * takes every batch with it.
 */
function gather(args: KernelArgs<GatherV2Inputs, GatherV2Attrs>): TensorInfo {
  const {inputs, attrs, backend, stock} = args;
  const {x, indices} = inputs;
  if (x.dtype === 'string') return stock();
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
  // A copy: allocating the output may grow the heap, which detaches views.
  const rows = backend.typedArrayFromHeap(indices).slice();
  assertWithin(rows, x.shape[axis]!);
  const info = backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, attrs.batchDims);
  const {batchSize, outerSize, dimSize, sliceSize, outputShape} = info;
  const out = backend.makeOutput(outputShape, x.dtype);
  const address = addressOf(backend, x);
  const move = mover(backend.wasm.HEAPU8, sliceSize * util.bytesPerElement(x.dtype));
  const [run, perBatch] = [sliceSize * util.bytesPerElement(x.dtype), rows.length / batchSize];
  let target = addressOf(backend, out);
  for (let outer = 0; outer < batchSize * outerSize; outer++) {
    const firstRow = Math.floor(outer / outerSize) * perBatch;
    for (let i = firstRow; i < firstRow + perBatch; i++) {
      const from = address + (outer * dimSize + rows[i]!) * run;
      move(target, from);
      target += run;
    }
  }
  return out;
}

/** Up to this many bytes, a loop is faster than a call of `copyWithin`. */
const SHORT = 64;

/** Copies runs of so many bytes. Along the last axis of a kernel they are single numbers, and there are millions. */
function mover(heap: Uint8Array, run: number): (to: number, from: number) => void {
  if (run > SHORT || run % 4 !== 0) return (to, from) => void heap.copyWithin(to, from, from + run);
  const words = new Uint32Array(heap.buffer);
  return (to, from) => {
    const [first, start] = [to / 4, from / 4];
    for (let i = 0; i < run / 4; i++) words[first + i] = words[start + i]!;
  };
}

function assertWithin(rows: backend_util.TypedArray, length: number): void {
  for (const row of rows) {
    if (row < 0 || row >= length) throw new RangeError(`Expected an index of GatherV2 in [0, ${length}), got ${row}`);
  }
}

export const kernels = {GatherV2: gather};
