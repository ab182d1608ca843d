import type {GatherV2Attrs, GatherV2Inputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {locate} from './wasm-backend.js';
import type {KernelArgs} from './wasm-kernel.js';

/**
 * GatherV2 by copying whole rows within the heap; the stock kernel computes a position for each single number.
 * `model.fit` takes every batch this way.
 */
export function gather(args: KernelArgs<GatherV2Inputs, GatherV2Attrs>): TensorInfo {
  const {inputs, attrs, backend, stock} = args;
  const {x, indices} = inputs;
  if (x.dtype === 'string') return stock();
  const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
  // A copy, as the view is lost when the allocation of the output lets the heap grow.
  const rows = backend.typedArrayFromHeap(indices).slice();
  assertWithin(rows, x.shape[axis]!);
  const info = backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, attrs.batchDims);
  const {batchSize, outerSize, dimSize, sliceSize, outputShape} = info;
  const out = backend.makeOutput(outputShape, x.dtype);
  const {address, bytesPerElement} = locate(backend, x);
  const heap = backend.wasm.HEAPU8;
  const [run, perBatch] = [sliceSize * bytesPerElement, rows.length / batchSize];
  let target = locate(backend, out).address;
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
