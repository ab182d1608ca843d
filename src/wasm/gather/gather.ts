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
  const heap = backend.wasm.HEAPU8;
  const [run, perBatch] = [sliceSize * util.bytesPerElement(x.dtype), rows.length / batchSize];
  let target = addressOf(backend, out);
  for (let outer = 0; outer < batchSize * outerSize; outer++) {
    const firstRow = Math.floor(outer / outerSize) * perBatch;
    for (let i = firstRow; i < firstRow + perBatch; i++) {
      const from = address + (outer * dimSize + rows[i]!) * run;
      heap.copyWithin(target, from, from + run);
      target += run;
    }
  }
  return out;
}

function assertWithin(rows: backend_util.TypedArray, length: number): void {
  for (const row of rows) {
    if (row < 0 || row >= length) throw new RangeError(`Expected an index of GatherV2 in [0, ${length}), got ${row}`);
  }
}

export const kernels = {GatherV2: gather};
