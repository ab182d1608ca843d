import type {BatchMatMulAttrs, BatchMatMulInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {broadcast_util, util} from '@tensorflow/tfjs-core';
import type {WasmBackend} from '../wasm-backend.js';
import type {CompiledKernels} from './compiled-kernels.js';
import {addressOf, areFloats, withScratch} from './prefer-compiled.js';
import type {CompiledArgs} from './prefer-compiled.js';

const FLOAT = 4;

/** A matrix on the heap: its strides, in bytes, tell whether it is transposed. */
export interface Matrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** The matrix that lies row by row at an address, or its transpose. */
export function matrixAt(address: number, rows: number, columns: number, transposed = false): Matrix {
  return transposed
    ? {address, rows: columns, columns: rows, rowStride: FLOAT, columnStride: columns * FLOAT}
    : {address, rows, columns, rowStride: columns * FLOAT, columnStride: FLOAT};
}

/** BatchMatMul: packed and multiplied, in each of the four transpositions at the same speed. */
export function batchMatMul(args: CompiledArgs<BatchMatMulInputs, BatchMatMulAttrs>): TensorInfo {
  const {inputs, attrs, backend, kernels, composed} = args;
  const {a, b} = inputs;
  if (!areFloats(a, b)) return composed();
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const count = util.sizeFromShape(batch);
  // Each side has all matrices or one: what is broadcast along some axes only is left to tfjs.
  if (![aBatch, bBatch].every(shape => [1, count].includes(util.sizeFromShape(shape)))) return composed();
  const left = matrixAt(0, ...lastTwo(a), attrs.transposeA);
  const right = matrixAt(0, ...lastTwo(b), attrs.transposeB);
  const out = backend.makeOutput([...batch, left.rows, right.columns], 'float32');
  const stepOf = ({shape}: TensorInfo, {rows, columns}: Matrix) =>
    util.sizeFromShape(shape.slice(0, -2)) === 1 ? 0 : rows * columns * FLOAT;
  const [aAddress, bAddress, outAddress] = [a, b, out].map(tensor => addressOf(backend, tensor)) as Three;
  const [aStep, bStep, outStep] = [stepOf(a, left), stepOf(b, right), left.rows * right.columns * FLOAT];
  withProduct(backend, kernels, left, right, multiply => {
    for (let i = 0; i < count; i++) multiply(aAddress + i * aStep, bAddress + i * bStep, outAddress + i * outStep);
  });
  return out;
}

type Three = [number, number, number];

/** The product of two matrices, written row by row to `out`. */
export function multiply(
  backend: WasmBackend,
  kernels: CompiledKernels,
  left: Matrix,
  right: Matrix,
  out: number,
): void {
  withProduct(backend, kernels, left, right, run => {
    run(left.address, right.address, out);
  });
}

/** Hands `task` a function that multiplies matrices of the given sizes and strides, at any addresses. */
function withProduct(
  backend: WasmBackend,
  kernels: CompiledKernels,
  left: Matrix,
  right: Matrix,
  task: (run: (...addresses: Three) => void) => void,
): void {
  const [rows, inner, columns] = [left.rows, left.columns, right.columns];
  withScratch(backend, kernels.matMulScratch(rows, inner, columns), scratch => {
    task((a, b, out) => {
      const leftStrides = [left.rowStride, left.columnStride];
      const rightStrides = [right.rowStride, right.columnStride];
      kernels.matMul(rows, inner, columns, a, ...leftStrides, b, ...rightStrides, out, scratch);
    });
  });
}

function lastTwo({shape}: TensorInfo): [number, number] {
  return shape.slice(-2) as [number, number];
}
