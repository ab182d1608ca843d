import type {GradConfig, NamedAttrMap, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {engine, getBackend, getGradient, registerGradient, unregisterGradient} from '@tensorflow/tfjs-core';
import {compiledKernels} from './compiled-kernels.js';
import {freeingOnError} from './heap.js';
import type {CompiledKernels} from './kernel-binary.js';
import {startedWasmBackend} from './wasm-backend.js';
import type {WasmBackend} from './wasm-backend.js';

/** The arguments of a gradient of ours. */
export interface GradientArgs {
  readonly dy: Tensor;
  /** The tensors that the stock gradient saves in the forward pass. */
  readonly saved: readonly (Tensor | undefined)[];
  readonly attrs: NamedAttrMap;
  readonly backend: WasmBackend;
  readonly compiled: CompiledKernels;
}

/** A function for each input that returns its gradient. */
type NamedGradients = ReturnType<GradConfig['gradFunc']>;

/** A gradient by compiled kernels. Undefined for cases that they do not cover. */
export type CompiledGradient = (args: GradientArgs) => NamedGradients | undefined;

// Shared by all copies of this library in a process, like the gradient registry of tf.js.
const mark = Symbol.for('tfjs-pruning.wasm-gradient');

/** Computes the gradient of kernel `name` with `gradient` while wasm is the backend. Runs once. */
export function overrideGradient(name: string, gradient: CompiledGradient): void {
  const stock = getGradient(name) as GradConfig | undefined;
  if (!stock || mark in stock.gradFunc) return;
  const gradFunc: GradConfig['gradFunc'] = (dy, saved, attrs) => {
    const own = Array.isArray(dy) ? undefined : run(gradient, dy, saved, attrs);
    return own ?? stock.gradFunc(dy, saved, attrs);
  };
  unregisterGradient(name);
  registerGradient({...stock, gradFunc: Object.assign(gradFunc, {[mark]: true})});
}

function run(gradient: CompiledGradient, dy: Tensor, saved: Tensor[], attrs: NamedAttrMap) {
  const backend = getBackend() === 'wasm' ? startedWasmBackend() : undefined;
  const compiled = backend && compiledKernels(backend);
  // Inside another gradient this one must be differentiable, which only a composition of tf.js ops is.
  if (!backend || !compiled || engine().state.gradientDepth > 0) return undefined;
  return freeingOnError(backend, view => gradient({dy, saved, attrs, backend: view, compiled}));
}

/** The tensor of a result that a kernel has allocated. */
export function asTensor(info: TensorInfo): Tensor {
  return engine().makeTensorFromTensorInfo(info);
}
