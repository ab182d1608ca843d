import type {BatchMatMulAttrs, BatchMatMulInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {broadcast_util, util} from '@tensorflow/tfjs-core';
import {addressesOf, areFloats, FLOAT} from '../backend/heap.js';
import {preferCompiled} from '../backend/prefer-compiled.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import * as composed from './composed.js';
import {matrixAt, withProduct} from './matrix.js';
import type {Matrix} from './matrix.js';

/** BatchMatMul, equally fast for all four transpositions; the stock kernel is slow for three of them. */
function batchMatMul(args: CompiledArgs<BatchMatMulInputs, BatchMatMulAttrs>): TensorInfo {
  const {inputs, attrs, backend, compiled, fallback} = args;
  const {a, b} = inputs;
  if (!areFloats(a, b)) return fallback();
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const count = util.sizeFromShape(batch);
  // Each side has all matrices or one. Broadcasting along some of the axes is left to the stock kernel.
  if (![aBatch, bBatch].every(shape => [1, count].includes(util.sizeFromShape(shape)))) return fallback();
  const left = matrixAt(0, ...lastTwo(a), attrs.transposeA);
  const right = matrixAt(0, ...lastTwo(b), attrs.transposeB);
  const out = backend.makeOutput([...batch, left.rows, right.columns], 'float32');
  const [aAddress, bAddress, outAddress] = addressesOf(backend, a, b, out);
  const [aStep, bStep, outStep] = [stepOf(a, left), stepOf(b, right), left.rows * right.columns * FLOAT];
  withProduct(backend, compiled, left, right, multiply => {
    for (let i = 0; i < count; i++) multiply(aAddress + i * aStep, bAddress + i * bStep, outAddress + i * outStep);
  });
  return out;
}

/** Bytes from one matrix of a batch to the next, 0 if there is only one. */
function stepOf({shape}: TensorInfo, {rows, columns}: Matrix): number {
  return util.sizeFromShape(shape.slice(0, -2)) === 1 ? 0 : rows * columns * FLOAT;
}

function lastTwo({shape}: TensorInfo): [number, number] {
  return shape.slice(-2) as [number, number];
}

export const kernels = {BatchMatMul: preferCompiled(batchMatMul, composed.batchMatMul)};
