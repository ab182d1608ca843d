import type {TensorInfo, UnsortedSegmentSumAttrs, UnsortedSegmentSumInputs} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {addressesOf, areFloats} from '../backend/heap.js';
import {preferCompiled} from '../backend/prefer-compiled.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import * as composed from './composed.js';

type Args = CompiledArgs<UnsortedSegmentSumInputs, UnsortedSegmentSumAttrs>;

/**
 * UnsortedSegmentSum, missing from the wasm backend of tf.js: the gradient of gather, and so of an embedding,
 * `out[s] = sum of x[i] over all i with segmentIds[i] = s`. Ids outside [0, numSegments) are skipped.
 */
function unsortedSegmentSum({inputs, attrs: {numSegments}, backend, compiled, fallback}: Args): TensorInfo {
  const {x, segmentIds} = inputs;
  if (!areFloats(x) || segmentIds.shape.length !== 1 || segmentIds.dtype !== 'int32') return fallback();
  const [rows, ...row] = x.shape as [number, ...number[]];
  const out = backend.makeOutput([numSegments, ...row], 'float32');
  compiled.unsortedSegmentSum(...addressesOf(backend, x, segmentIds, out), rows, util.sizeFromShape(row), numSegments);
  return out;
}

export const kernels = {UnsortedSegmentSum: preferCompiled(unsortedSegmentSum, composed.unsortedSegmentSum)};
