import type {TensorInfo} from '@tensorflow/tfjs-core';
import {compiledKernels} from './compiled-kernels.js';
import {freeingOnError} from './heap.js';
import type {KernelArgs, WasmKernel} from './install-kernel.js';
import type {CompiledKernels} from './kernel-binary.js';

/** The arguments of a kernel that calls compiled code. */
export interface CompiledArgs<Inputs, Attrs = object> extends KernelArgs<Inputs, Attrs> {
  readonly compiled: CompiledKernels;
  /** Runs the composed twin, made of tf.js ops, on the same inputs, for cases that this kernel does not cover. */
  readonly fallback: () => TensorInfo;
}

/** A kernel that is `kernel` if compiled code can run (see `compiledKernels`), otherwise its composed twin. */
export function preferCompiled<Inputs, Attrs>(
  kernel: (args: CompiledArgs<Inputs, Attrs>) => TensorInfo,
  composed: (args: KernelArgs<Inputs, Attrs>) => TensorInfo = ({stock}) => stock(),
): WasmKernel {
  return (args: KernelArgs<Inputs, Attrs>) => {
    const compiled = compiledKernels(args.backend);
    if (!compiled) return composed(args);
    const fallback = () => composed(args);
    return freeingOnError(args.backend, backend => kernel({...args, backend, compiled, fallback}));
  };
}
