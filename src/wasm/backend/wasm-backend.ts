import type {backend_util, DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';
import {engine} from '@tensorflow/tfjs-core';

/**
 * The undocumented members of the wasm backend of tf.js that our kernels rely on. Nothing else in this library touches
 * them.
 *
 * - `makeOutput` is how every stock kernel allocates its result.
 * - `typedArrayFromHeap` is the only view of a tensor that copies nothing. `readSync` copies the whole tensor.
 * - `dataIdMap` knows the address of a tensor on the heap, which a copy within the heap needs.
 * - `wasm.HEAPU8` is replaced when the heap grows, so read it again after each allocation.
 * - `wasm.asm.memory`, in the threaded build `wasm.wasmMemory`, is the heap itself. The compiled kernels work in it and
 *   are not used when it is hidden.
 * - `wasm._malloc` returns 0 when the heap is exhausted, which the backend does not check (see `guardMalloc`).
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

/** The wasm backend if it has started. `findBackend` of tf.js would start it. */
export function startedWasmBackend(): WasmBackend | undefined {
  return engine().registry['wasm'] as WasmBackend | undefined;
}
