import {env} from '@tensorflow/tfjs-core';
import {bytesOfHex} from '../../math/bytes-of-hex.js';
import type {CompiledKernels} from './kernel-binary.js';
import {KERNEL_BINARY} from './kernel-binary.js';
import type {WasmBackend} from './wasm-backend.js';

/** A flag of tf.js. Set to false, the composed kernels are used even where the compiled ones could run. */
const FLAG = 'WASM_COMPILED_KERNELS';

env().registerFlag(FLAG, () => true);

const instances = new WeakMap<WasmBackend, CompiledKernels | null>();

/** The compiled kernels, working in the memory of this backend. Undefined if they cannot run there. */
export function compiledKernels(backend: WasmBackend): CompiledKernels | undefined {
  if (!env().getBool(FLAG)) return undefined;
  let kernels = instances.get(backend);
  if (kernels === undefined) {
    kernels = instantiate(backend);
    instances.set(backend, kernels);
  }
  return kernels ?? undefined;
}

/** How a module says that it imports "memory", one of a single thread or a shared one: the name, and the kind. */
const [OF_ONE_THREAD, SHARED] = ['066d656d6f72790201', '066d656d6f72790203'];

function instantiate({wasm}: WasmBackend): CompiledKernels | null {
  const memory = wasm.asm?.memory ?? wasm.wasmMemory;
  if (!memory) return null;
  try {
    const binary = KERNEL_BINARY.replaceAll('\n', '');
    // The code is the same for both kinds of memory: tf.js calls its kernels from one thread.
    const fitting = isShared(memory) ? binary.replace(OF_ONE_THREAD, SHARED) : binary;
    const module = new WebAssembly.Module(bytesOfHex(fitting));
    return new WebAssembly.Instance(module, {env: {memory}}).exports as unknown as CompiledKernels;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

/** Not every page and engine has the class. */
function isShared({buffer}: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}

/**
 * Whether an error means that the module cannot run here: no SIMD, a memory without a suitable maximum, a page that
 * forbids compilation, or a browser that does not compile synchronously. The composed kernels work in all these cases.
 */
function isRefusal(error: unknown): boolean {
  const kinds = [WebAssembly.CompileError, WebAssembly.LinkError, EvalError, RangeError];
  return kinds.some(kind => error instanceof kind);
}
