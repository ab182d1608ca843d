import {bytesOfText} from '../../math/bytes-of-text.js';
import {buildOf, chosenKernels, type KernelBuild, type WasmKernels} from './kernel-builds.js';
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

const SHARED = 3;

function instantiate({wasm}: WasmBackend, build: KernelBuild): CompiledKernels | null {
  const memory = wasm.asm?.memory ?? wasm.wasmMemory;
  if (!memory) return null;
  try {
    const {KERNEL_BINARY, MEMORY_KIND_AT} = buildOf(build);
    const binary = bytesOfText(KERNEL_BINARY);
    // A module declares the kind of its memory. The code is the same: tf.js calls its kernels from one thread.
    if (isShared(memory)) binary[MEMORY_KIND_AT] = SHARED;
    const module = new WebAssembly.Module(binary);
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
