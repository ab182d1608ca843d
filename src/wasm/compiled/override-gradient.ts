import type {GradConfig, NamedAttrMap, Tensor, TensorInfo} from '@tensorflow/tfjs-core';
import {engine, getBackend, getGradient, registerGradient, unregisterGradient} from '@tensorflow/tfjs-core';
import {freeingOnError, startedWasmBackend} from '../wasm-backend.js';
import type {WasmBackend} from '../wasm-backend.js';
import {compiledKernels} from './compiled-kernels.js';
import type {CompiledKernels} from './compiled-kernels.js';

/** What a gradient of ours is called with. */
export interface GradientArgs {
  readonly dy: Tensor;
  /** What tfjs's own gradient asks to be kept of the forward pass. */
  readonly saved: readonly (Tensor | undefined)[];
  readonly attrs: NamedAttrMap;
  readonly backend: WasmBackend;
  readonly kernels: CompiledKernels;
}

/** For each input a function that gives its gradient. */
type NamedGradients = ReturnType<GradConfig['gradFunc']>;

/** A gradient by compiled kernels; undefined for what they do not cover. */
export type CompiledGradient = (args: GradientArgs) => NamedGradients | undefined;

// Shared by all copies of this library in a process, as the registry of gradients is.
const mark = Symbol.for('tfjs-pruning.wasm-gradient');

/** Lets the gradient of a kernel be computed by `gradient` while wasm is the backend; once. */
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
  const kernels = backend && compiledKernels(backend);
  // Within another gradient this one has to be differentiable itself, which only what is made of tf.js ops is.
  if (!backend || !kernels || engine().state.gradientDepth > 0) return undefined;
  return freeingOnError(backend, view => gradient({dy, saved, attrs, backend: view, kernels}));
}

/** The tensor for what a kernel has made. */
export function asTensor(info: TensorInfo): Tensor {
  return engine().makeTensorFromTensorInfo(info);
}
