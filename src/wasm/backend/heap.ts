import type {TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import type {WasmBackend} from './wasm-backend.js';

/** Bytes of a float32. */
export const FLOAT = 4;

/** The address of a tensor on the heap. A tensor that is still on another backend is moved there first. */
export function addressOf(backend: WasmBackend, {dataId}: TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset;
}

/** The addresses of several tensors. */
export function addressesOf<Tensors extends TensorInfo[]>(
  backend: WasmBackend,
  ...tensors: Tensors
): {[i in keyof Tensors]: number} {
  return tensors.map(tensor => addressOf(backend, tensor)) as {[i in keyof Tensors]: number};
}

/** Whether all tensors are float32 and none is empty, which the compiled kernels require. */
export function areFloats(...tensors: TensorInfo[]): boolean {
  return tensors.every(tensor => tensor.dtype === 'float32' && !isEmpty(tensor));
}

/** Whether a tensor has no values. */
export function isEmpty({shape}: TensorInfo): boolean {
  return util.sizeFromShape(shape) === 0;
}

/** The same data in another shape: one more reference instead of a copy. */
export function sameData(backend: WasmBackend, {dataId, dtype}: TensorInfo, shape: number[]): TensorInfo {
  backend.incRef(dataId);
  return {dataId, dtype, shape};
}

/** Runs `task` with the address of scratch memory of that many bytes, signed or not, and frees it afterwards. */
export function withScratch(backend: WasmBackend, bytes: number, task: (address: number) => void): void {
  const address = backend.wasm._malloc(unsigned(bytes));
  try {
    task(address);
  } finally {
    backend.wasm._free(address);
  }
}

/** A 32-bit number from wasm. JavaScript reads it as signed, so that an address above 2 GB arrives negative. */
export function unsigned(number: number): number {
  return number >>> 0;
}

/**
 * Runs `task` with a view of the backend that remembers the results it allocates and frees them if `task` fails, as
 * when the heap has room for a result but not for the scratch memory after it.
 */
export function freeingOnError<T>(backend: WasmBackend, task: (backend: WasmBackend) => T): T {
  const made: TensorInfo[] = [];
  const makeOutput: WasmBackend['makeOutput'] = (shape, dtype) => {
    const out = backend.makeOutput(shape, dtype);
    made.push(out);
    return out;
  };
  try {
    return task(Object.create(backend, {makeOutput: {value: makeOutput}}) as WasmBackend);
  } catch (error) {
    for (const {dataId} of made) backend.disposeData(dataId);
    throw error;
  }
}
