import type {TensorInfo, UnsortedSegmentSumAttrs, UnsortedSegmentSumInputs} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {addressOf, areFloats} from './prefer-compiled.js';
import type {CompiledArgs} from './prefer-compiled.js';

type Args = CompiledArgs<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>;

/** UnsortedSegmentSum (see ../assembly/segment-sum.ts). */
export function unsortedSegmentSum({inputs, attrs: {numSegments}, backend, kernels, composed}: Args): TensorInfo {
  const {x, segmentIds} = inputs;
  if (!areFloats(x) || segmentIds.shape.length !== 1 || segmentIds.dtype !== 'int32') return composed();
  const row = x.shape.slice(1);
  const out = backend.makeOutput([numSegments, ...row], 'float32');
  const addresses = [x, segmentIds, out].map(tensor => addressOf(backend, tensor));
  kernels.segmentSum(...addresses, x.shape[0]!, util.sizeFromShape(row), numSegments);
  return out;
}
