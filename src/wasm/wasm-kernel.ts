import type {KernelFunc, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import {getKernel, registerKernel, unregisterKernel} from '@tensorflow/tfjs-core';
import {guardMalloc, locate} from './wasm-backend.js';
import type {WasmBackend} from './wasm-backend.js';

/** What a kernel of ours is called with: tfjs's own arguments and the kernel that it replaces. */
export interface KernelArgs<Inputs, Attrs = object> {
  readonly inputs: Required<{[name in keyof Inputs]: TensorInfo}>;
  readonly attrs: Attrs;
  readonly backend: WasmBackend;
  /** Runs the kernel of tfjs on the same inputs, for what ours does not cover. */
  readonly stock: (attrs?: Attrs) => TensorInfo;
}

/** A kernel for the wasm backend; the seam behind which a compiled kernel can take the place of a composed one. */
export type WasmKernel = (args: never) => TensorInfo;

// Shared by all copies of this library in a process (ESM beside CommonJS), as tfjs's kernel registry is.
const mark = Symbol.for('tfjs-pruning.wasm-kernel');

/** Puts `kernel` in the place of tfjs's wasm kernel `name`, or where there is none; once. */
export function installKernel(name: string, kernel: WasmKernel): void {
  const stock = getKernel(name, 'wasm') as ReturnType<typeof getKernel> | undefined;
  if (stock && mark in stock.kernelFunc) return;
  if (stock) unregisterKernel(name, 'wasm');
  registerKernel({
    kernelName: name,
    backendName: 'wasm',
    kernelFunc: withStock(name, kernel, stock?.kernelFunc),
    // Runs whenever the backend starts. The stock part binds the compiled function that `stock()` calls.
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
      stock ? stock({inputs, backend, attrs}) : refuse(name, 'arguments it is written for', 'others');
    // The registry's argument type is that of all kernels together; each kernel declares its own.
    return kernel({inputs, backend, attrs: given, stock: runStock} as never);
  };
  return Object.assign(run, {[mark]: true});
}

/**
 * Moves inputs that still are on another backend, as after `tf.setBackend`, before a kernel looks at any: the heap may
 * grow for them, and views taken until then are lost.
 */
function bringToHeap(backend: WasmBackend, inputs: NamedTensorInfoMap): void {
  for (const input of Object.values(inputs)) {
    if (input && input.dtype !== 'string') locate(backend, input);
  }
}

/** Throws because a kernel can't give a right answer for these arguments. */
export function refuse(kernel: string, expected: string, got: string, remedy = 'use another backend for it'): never {
  throw new Error(`${kernel} on the wasm backend: expected ${expected}, got ${got}; ${remedy}.`);
}
