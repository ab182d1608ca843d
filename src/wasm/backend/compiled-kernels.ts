import {bytesOfHex} from '../../math/bytes-of-hex.js';
import {binaryOf, chosenKernels, type KernelBuild, type WasmKernels} from './kernel-builds.js';
import type {CompiledKernels} from './kernel-binary.js';
import type {WasmBackend} from './wasm-backend.js';

const instances = new WeakMap<WasmBackend, Map<KernelBuild, CompiledKernels | null>>();

/** The compiled kernels, working in the memory of this backend. Undefined if they cannot run there, or must not. */
export function compiledKernels(backend: WasmBackend): CompiledKernels | undefined {
  const build = chosenKernels();
  if (build === 'composed') return undefined;
  const builds = instances.get(backend) ?? new Map<KernelBuild, CompiledKernels | null>();
  instances.set(backend, builds);
  let kernels = builds.get(build);
  if (kernels === undefined) builds.set(build, (kernels = instantiate(backend, build)));
  return kernels ?? undefined;
}

/** What computes the kernels on this backend. */
export function kernelsInUse(backend: WasmBackend): WasmKernels {
  return compiledKernels(backend) ? chosenKernels() : 'composed';
}

/** How a module says that it imports "memory", one of a single thread or a shared one: the name, and the kind. */
const [OF_ONE_THREAD, SHARED] = ['066d656d6f72790201', '066d656d6f72790203'];

function instantiate({wasm}: WasmBackend, build: KernelBuild): CompiledKernels | null {
  const memory = wasm.asm?.memory ?? wasm.wasmMemory;
  if (!memory) return null;
  try {
    const binary = binaryOf(build);
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
