import {getKernelsForBackend} from '@tensorflow/tfjs-core';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {guardMalloc} from './backend/guard-malloc.js';
import {installKernel} from './backend/install-kernel.js';
import type {WasmKernel} from './backend/install-kernel.js';
import {chooseKernels, wasmKernels} from './backend/kernel-builds.js';
import {overrideGradient} from './backend/override-gradient.js';
import type {CompiledGradient} from './backend/override-gradient.js';
import {startedWasmBackend} from './backend/wasm-backend.js';
import * as batchMatMul from './batch-mat-mul/batch-mat-mul.js';
import * as clipByValue from './clip-by-value/clip-by-value.js';
import * as conv2dBackprop from './conv2d-backprop/conv2d-backprop.js';
import * as conv3dBackprop from './conv3d-backprop/conv3d-backprop.js';
import * as depthwiseBackprop from './depthwise-backprop/depthwise-backprop.js';
import * as forwardConv from './forward-conv/forward-conv.js';
import * as fusedBatchNorm from './fused-batch-norm/fused-batch-norm.js';
import * as fusedMatMul from './fused-mat-mul/fused-mat-mul.js';
import * as gather from './gather/gather.js';
import * as identity from './identity/identity.js';
import * as maxPool3d from './max-pool-3d/max-pool-3d.js';
import * as maxPoolGrad from './max-pool-grad/max-pool-grad.js';
import * as pool from './pool/pool.js';
import * as prelu from './prelu/prelu.js';
import * as relu from './relu/relu.js';
import * as slice from './slice/slice.js';
import * as softmax from './softmax/softmax.js';
import * as sum from './sum/sum.js';
import * as unsortedSegmentSum from './unsorted-segment-sum/unsorted-segment-sum.js';

/** The kernels and gradients of one folder, by their names in tf.js. */
interface Replacement {
  readonly kernels?: Readonly<Record<string, WasmKernel>>;
  readonly gradients?: Readonly<Record<string, CompiledGradient>>;
}

const replacements: readonly Replacement[] = [
  batchMatMul,
  clipByValue,
  conv2dBackprop,
  conv3dBackprop,
  depthwiseBackprop,
  forwardConv,
  fusedBatchNorm,
  fusedMatMul,
  gather,
  identity,
  maxPool3d,
  maxPoolGrad,
  pool,
  prelu,
  relu,
  slice,
  softmax,
  sum,
  unsortedSegmentSum,
];

const OPTIONS = {
  /**
   * What computes our kernels: `'simd'`, compiled code whose results are the same on all machines, `'relaxed-simd'`,
   * compiled code that rounds a product and a sum at once, a little faster, or `'composed'`, ops of tf.js, several
   * times slower. Losses differ by rounding, which grows from step to step: by 8e-4 to 2e-2 after 20 to 100 steps with
   * `'relaxed-simd'`, which is why it is not the default. Defaults to what was chosen before; at first that is
   * `'simd'`, or `'composed'` on a machine without SIMD.
   */
  kernels: wasmKernels,
};

/** Options of {@link completeWasmBackend}. */
export type CompleteWasmBackendArgs = Args<typeof OPTIONS>;

/**
 * Makes the wasm backend of tf.js fit for training: registers the kernels that it lacks, replaces those that are wrong
 * or slow, and makes allocation on an exhausted heap throw. Call it once, before or after `tf.setBackend('wasm')`.
 * Further calls do nothing but choose other `kernels`.
 *
 * @throws TypeError or RangeError for wrong options; Error if '@tensorflow/tfjs-backend-wasm' has not been imported, or
 *     the machine lacks what the `kernels` need.
 * @example
 * import '@tensorflow/tfjs-backend-wasm';
 * completeWasmBackend();
 * await tf.setBackend('wasm');
 */
export function completeWasmBackend(args: CompleteWasmBackendArgs = {}): void {
  const {kernels: chosen} = read('completeWasmBackend', args, OPTIONS);
  if (getKernelsForBackend('wasm').length === 0) {
    throw new Error("Expected the wasm backend to be registered; import '@tensorflow/tfjs-backend-wasm' first.");
  }
  for (const {kernels = {}, gradients = {}} of replacements) {
    for (const [name, kernel] of Object.entries(kernels)) installKernel(name, kernel);
    for (const [name, gradient] of Object.entries(gradients)) overrideGradient(name, gradient);
  }
  if (chosen !== undefined) chooseKernels(chosen);
  const backend = startedWasmBackend();
  if (backend) guardMalloc(backend);
}
