import type {TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {freeingOnError, locate, unsigned} from '../wasm-backend.js';
import type {WasmBackend} from '../wasm-backend.js';
import type {KernelArgs, WasmKernel} from '../wasm-kernel.js';
import {compiledKernels} from './compiled-kernels.js';
import type {CompiledKernels} from './compiled-kernels.js';

/** What a kernel that calls compiled code is called with. */
export interface CompiledArgs<Inputs, Attrs = object> extends KernelArgs<Inputs, Attrs> {
  readonly kernels: CompiledKernels;
  /** Runs the kernel in plain tf.js on the same inputs, for what the compiled one does not cover. */
  readonly composed: () => TensorInfo;
}

/** A kernel that is the compiled one where compiled code can run (see `compiledKernels`), else the composed one. */
export function preferCompiled<Inputs, Attrs>(
  compiled: (args: CompiledArgs<Inputs, Attrs>) => TensorInfo,
  composed: (args: KernelArgs<Inputs, Attrs>) => TensorInfo = ({stock}) => stock(),
): WasmKernel {
  return (args: KernelArgs<Inputs, Attrs>) => {
    const kernels = compiledKernels(args.backend);
    if (!kernels) return composed(args);
    return freeingOnError(args.backend, backend =>
      compiled({...args, backend, kernels, composed: () => composed(args)}),
    );
  };
}

/** Where a tensor begins on the heap. */
export function addressOf(backend: WasmBackend, tensor: TensorInfo): number {
  return locate(backend, tensor).address;
}

/**
 * Runs `task` with the address of so many bytes, as wasm may have counted them, that it may write to, and frees them.
 */
export function withScratch(backend: WasmBackend, bytes: number, task: (address: number) => void): void {
  const address = backend.wasm._malloc(unsigned(bytes));
  try {
    task(address);
  } finally {
    backend.wasm._free(address);
  }
}

/** Whether all are of type float32 and none is empty: what compiled kernels are written for. */
export function areFloats(...tensors: TensorInfo[]): boolean {
  return tensors.every(({dtype, shape}) => dtype === 'float32' && util.sizeFromShape(shape) > 0);
}
