import type {backend_util, DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import {engine, util} from '@tensorflow/tfjs-core';

/**
 * The undocumented members of tfjs's wasm backend that our kernels stand on; nothing else in this library touches them.
 *
 * - `makeOutput` is how every stock kernel allocates its result.
 * - `typedArrayFromHeap` is the only view of a tensor that copies nothing; `readSync` copies the whole tensor.
 * - `dataIdMap` knows where on the heap a tensor begins, which a copy within the heap needs.
 * - `wasm.HEAPU8` is replaced when the heap grows, so it is read anew after each allocation.
 * - `wasm.asm.memory`, in the threaded build `wasm.wasmMemory`, is the heap itself, which the compiled kernels work in;
 *   where it is hidden they are not used.
 * - `wasm._malloc` returns 0 on an exhausted heap and the backend does not look (see `guardMalloc`).
 */
export interface WasmBackend extends KernelBackend {
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): backend_util.TypedArray;
  readonly dataIdMap: {get(dataId: TensorInfo['dataId']): {readonly memoryOffset: number}};
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    readonly asm?: {readonly memory?: WebAssembly.Memory};
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc: (bytes: number) => number;
    _free: (address: number) => void;
  };
}

/** The wasm backend if it has been started already; asking tfjs itself (`findBackend`) would start it. */
export function startedWasmBackend(): WasmBackend | undefined {
  return engine().registry['wasm'] as WasmBackend | undefined;
}

/** The bytes of a tensor on the heap: where they begin and how many one element takes. */
export function locate(backend: WasmBackend, {dataId, dtype}: TensorInfo): {address: number; bytesPerElement: number} {
  return {address: backend.dataIdMap.get(dataId).memoryOffset, bytesPerElement: util.bytesPerElement(dtype)};
}

/** The same data under another shape: one more reference to it instead of a copy. */
export function sameData(backend: WasmBackend, {dataId, dtype}: TensorInfo, shape: number[]): TensorInfo {
  backend.incRef(dataId);
  return {dataId, dtype, shape};
}

/**
 * Runs `task` with a view of the backend that remembers what it allocates for results, and frees that again if `task`
 * fails, as where the heap has room for a result and then none for the scratch memory.
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

const guarded = new WeakSet<(bytes: number) => number>();

/**
 * A number of 32 bits that wasm has handed to JavaScript, which reads it as signed: an address above 2 GB is negative
 * there.
 */
export function unsigned(number: number): number {
  return number >>> 0;
}

/**
 * Lets allocation on an exhausted heap (its limit is 4 GB) throw, and gives addresses as they are, above 2 GB too. The
 * stock backend takes the address 0 that `_malloc` returns for a valid one and overwrites the bottom of the heap,
 * silently.
 */
export function guardMalloc({wasm}: WasmBackend): void {
  if (guarded.has(wasm._malloc)) return;
  // Emscripten's `_malloc` is a stub that replaces itself by the real one when first called.
  wasm._free(wasm._malloc(1));
  const malloc = wasm._malloc;
  wasm._malloc = bytes => {
    const address = unsigned(malloc(bytes));
    if (address === 0) throw new RangeError(exhausted(bytes, wasm.HEAPU8.length));
    return address;
  };
  guarded.add(wasm._malloc);
}

function exhausted(bytes: number, heap: number): string {
  return (
    `The wasm heap is exhausted: ${bytes} bytes were asked for, the heap holds ${heap} and cannot grow enough ` +
    '(its limit is 4 GB). Use smaller batches, or dispose tensors (tf.tidy, tf.dispose).'
  );
}
