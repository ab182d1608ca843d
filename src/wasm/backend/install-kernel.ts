import type {KernelFunc, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import {getKernel, registerKernel, unregisterKernel} from '@tensorflow/tfjs-core';
import {guardMalloc} from './guard-malloc.js';
import {addressOf} from './heap.js';
import type {WasmBackend} from './wasm-backend.js';

/** The arguments of a kernel of ours: those of tf.js and the stock kernel that it replaces. */
export interface KernelArgs<Inputs, Attrs = object> {
  readonly inputs: Required<{[name in keyof Inputs]: TensorInfo}>;
  readonly attrs: Attrs;
  readonly backend: WasmBackend;
  /** Runs the stock kernel on the same inputs, for cases that ours does not cover. */
  readonly stock: (attrs?: Attrs) => TensorInfo;
}

/** A kernel for the wasm backend. */
export type WasmKernel = (args: never) => TensorInfo;

// Shared by all copies of this library in a process (ESM beside CommonJS), like the kernel registry of tf.js.
const mark = Symbol.for('tfjs-pruning.wasm-kernel');

/** Registers `kernel` under `name` for the wasm backend, in place of the stock kernel if there is one. Runs once. */
export function installKernel(name: string, kernel: WasmKernel): void {
  const stock = getKernel(name, 'wasm') as ReturnType<typeof getKernel> | undefined;
  if (stock && mark in stock.kernelFunc) return;
  if (stock) unregisterKernel(name, 'wasm');
  registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: withStock(name, kernel, stock?.kernelFunc),
    // Runs whenever the backend starts. The stock setup binds the wasm function that `stock()` calls.
    setupFunc: backend => {
      stock?.setupFunc?.(backend);
      guardMalloc(backend as WasmBackend);
    },
  });
}

function withStock(name: string, kernel: WasmKernel, stock: KernelFunc | undefined): KernelFunc {
  const run: KernelFunc = ({inputs, backend, attrs: given = {}}) => {
    bringToHeap(backend as WasmBackend, inputs);
    const runStock = (attrs = given) =>
      stock ? stock({inputs, backend, attrs}) : refuse(name, 'arguments that it supports', 'others');
    // The registry has one argument type for all kernels; each kernel declares its own.
    return kernel({inputs, backend, attrs: given, stock: runStock} as never);
  };
  return Object.assign(run, {[mark]: true});
}

/**
 * Moves inputs that are still on another backend, as after `tf.setBackend`, before a kernel reads any of them: the heap
 * may grow for them, which detaches earlier views.
 */
function bringToHeap(backend: WasmBackend, inputs: NamedTensorInfoMap): void {
  for (const input of Object.values(inputs)) {
    if (input && input.dtype !== 'string') addressOf(backend, input);
  }
}

/** Throws because a kernel cannot give the right result for these arguments. */
export function refuse(kernel: string, expected: string, got: string, remedy = 'use another backend for it'): never {
  throw new Error(`${kernel} on the wasm backend: expected ${expected}, got ${got}; ${remedy}.`);
}
