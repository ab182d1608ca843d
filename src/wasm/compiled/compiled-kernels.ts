import {env} from '@tensorflow/tfjs-core';
import {KERNEL_BINARY, MEMORY_KIND_AT} from '../kernel-binary.js';
import type {WasmBackend} from '../wasm-backend.js';

type Call = (...numbers: number[]) => void;

/** What the module of ../assembly exports. All addresses are byte offsets into the heap. */
export interface CompiledKernels {
  readonly adamStep: Call;
  readonly batchNormGrad: Call;
  readonly clipGrad: Call;
  readonly conv2dFilterGrad: Call;
  readonly conv2dFilterGradScratch: () => number;
  readonly conv2dInputGrad: Call;
  readonly conv2dInputGradScratch: () => number;
  readonly depthwiseFilterGrad: Call;
  readonly depthwiseInputGrad: Call;
  readonly describeWindow: Call;
  readonly matMul: Call;
  readonly matMulScratch: (rows: number, inner: number, columns: number) => number;
  readonly maxPoolGrad: Call;
  readonly normalize: Call;
  readonly reluGrad: Call;
  readonly segmentSum: Call;
  readonly softmaxGrad: Call;
  readonly spreadMiddle: Call;
  readonly sumMiddle: Call;
}

/** A flag of tfjs: set to false, the composed kernels are used even where the compiled ones could be. */
const FLAG = 'WASM_COMPILED_KERNELS';

env().registerFlag(FLAG, () => true);

const instances = new WeakMap<WasmBackend, CompiledKernels | null>();

/** The compiled kernels, at work in the memory of this backend; undefined where that can't be. */
export function compiledKernels(backend: WasmBackend): CompiledKernels | undefined {
  if (!env().getBool(FLAG)) return undefined;
  let kernels = instances.get(backend);
  if (kernels === undefined) {
    kernels = instantiate(backend);
    instances.set(backend, kernels);
  }
  return kernels ?? undefined;
}

const SHARED = 3;

function instantiate({wasm}: WasmBackend): CompiledKernels | null {
  const memory = wasm.asm?.memory ?? wasm.wasmMemory;
  if (!memory) return null;
  try {
    const binary = bytesOf(KERNEL_BINARY);
    // A module must say of which kind its memory is. The code is the same: it runs on the one thread of tfjs's kernels.
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
 * Whether an error says that the module can't be had here: no SIMD, a memory that can grow too large, a page that
 * forbids to compile, a browser that won't do so at once. The composed kernels do in all these cases.
 */
function isRefusal(error: unknown): boolean {
  const kinds = [WebAssembly.CompileError, WebAssembly.LinkError, EvalError, RangeError];
  return kinds.some(kind => error instanceof kind);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}
