import type {TensorInfo, UnsortedSegmentSumAttrs, UnsortedSegmentSumInputs} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {refuse} from '../backend/install-kernel.js';
import type {KernelArgs} from '../backend/install-kernel.js';

type Args = KernelArgs<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>;

/** `out[s] = sum of x[i] over all i with segmentIds[i] = s`. Ids outside [0, numSegments) are skipped. */
export function unsortedSegmentSum({inputs: {x, segmentIds}, attrs: {numSegments}, backend}: Args): TensorInfo {
  if (segmentIds.shape.length !== 1) {
    refuse('UnsortedSegmentSum', 'segmentIds of rank 1', `shape [${segmentIds.shape.join()}]`, 'flatten them');
  }
  const rowShape = x.shape.slice(1);
  const out = backend.makeOutput([numSegments, ...rowShape], x.dtype);
  const [sums, values] = [backend.typedArrayFromHeap(out), backend.typedArrayFromHeap(x)];
  const ids = backend.typedArrayFromHeap(segmentIds);
  const size = util.sizeFromShape(rowShape);
  sums.fill(0);
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!;
    if (id >= 0 && id < numSegments) addRow(sums, id * size, values, row * size, size);
  }
  return out;
}

type Numbers = Float32Array | Int32Array | Uint8Array;

function addRow(sums: Numbers, at: number, values: Numbers, from: number, size: number): void {
  for (let i = 0; i < size; i++) sums[at + i]! += values[from + i]!;
}
