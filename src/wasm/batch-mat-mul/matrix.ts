import {FLOAT, withScratch} from '../backend/heap.js';
import type {CompiledKernels} from '../backend/kernel-binary.js';
import type {WasmBackend} from '../backend/wasm-backend.js';

/** A matrix on the heap. Its strides, in bytes, say whether it is transposed. */
export interface Matrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** The matrix stored row by row at an address, or its transpose. */
export function matrixAt(address: number, rows: number, columns: number, transposed = false): Matrix {
  return transposed
    ? {address, rows: columns, columns: rows, rowStride: FLOAT, columnStride: columns * FLOAT}
    : {address, rows, columns, rowStride: columns * FLOAT, columnStride: FLOAT};
}

/** A product of matrices whose sizes and strides are fixed, at any addresses. */
export type Product = (left: number, right: number, out: number) => void;

/** Runs `task` with the function that multiplies matrices of the sizes and strides of these two. */
export function withProduct(
  backend: WasmBackend,
  compiled: CompiledKernels,
  left: Matrix,
  right: Matrix,
  task: (product: Product) => void,
): void {
  const sizes = [left.rows, left.columns, right.columns] as const;
  withScratch(backend, compiled.matMulScratch(...sizes), scratch => {
    task((a, b, out) => {
      const [leftStrides, rightStrides] = [stridesOf(left), stridesOf(right)];
      compiled.matMul(...sizes, a, ...leftStrides, b, ...rightStrides, out, scratch);
    });
  });
}

function stridesOf({rowStride, columnStride}: Matrix): [number, number] {
  return [rowStride, columnStride];
}

/** Multiplies two matrices and writes the product row by row to `out`. */
export function multiply(
  backend: WasmBackend,
  compiled: CompiledKernels,
  left: Matrix,
  right: Matrix,
  out: number,
): void {
  withProduct(backend, compiled, left, right, product => product(left.address, right.address, out));
}
