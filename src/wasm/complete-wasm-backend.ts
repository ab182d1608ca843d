import {getKernelsForBackend} from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import {guardMalloc} from './backend/guard-malloc.js';
import {installKernel} from './backend/install-kernel.js';
import type {WasmKernel} from './backend/install-kernel.js';
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

/**
 * Makes the wasm backend of tf.js fit for training: registers the kernels that it lacks, replaces those that are wrong
 * or slow, and makes allocation on an exhausted heap throw. Call it once, before or after `tf.setBackend('wasm')`.
 * Further calls do nothing.
 *
 * @throws Error if '@tensorflow/tfjs-backend-wasm' has not been imported.
 * @example
 * import '@tensorflow/tfjs-backend-wasm';
 * completeWasmBackend();
 * await tf.setBackend('wasm');
 */
export function completeWasmBackend(...none: []): void {
  expectNoArguments('completeWasmBackend', none);
  if (getKernelsForBackend('wasm').length === 0) {
    throw new Error("Expected the wasm backend to be registered; import '@tensorflow/tfjs-backend-wasm' first.");
  }
  for (const {kernels = {}, gradients = {}} of replacements) {
    for (const [name, kernel] of Object.entries(kernels)) installKernel(name, kernel);
    for (const [name, gradient] of Object.entries(gradients)) overrideGradient(name, gradient);
  }
  const backend = startedWasmBackend();
  if (backend) guardMalloc(backend);
}
