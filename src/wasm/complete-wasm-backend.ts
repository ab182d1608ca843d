import {getKernelsForBackend} from '@tensorflow/tfjs-core';
import {expectNoArguments} from '../options/expect.js';
import {batchMatMul} from './batch-mat-mul.js';
import {fusedBatchNorm, fusedBatchNormGradient} from './compiled/batch-norm.js';
import * as conv2dGradients from './compiled/conv2d-gradients.js';
import * as depthwiseGradients from './compiled/depthwise-gradients.js';
import * as matMul from './compiled/mat-mul.js';
import * as maxPoolGradient from './compiled/max-pool-gradient.js';
import {overrideGradient} from './compiled/override-gradient.js';
import type {CompiledGradient} from './compiled/override-gradient.js';
import {preferCompiled} from './compiled/prefer-compiled.js';
import * as reductions from './compiled/reductions.js';
import * as segmentSum from './compiled/segment-sum.js';
import {clipGradient, meanGradient, reluGradient, softmaxGradient, sumGradient} from './compiled/simple-gradients.js';
import {conv2dBackpropFilter, conv2dBackpropInput} from './conv2d-backprop.js';
import {conv3dBackpropFilter, conv3dBackpropInput} from './conv3d-backprop.js';
import {depthwiseBackpropFilter, depthwiseBackpropInput} from './depthwise-backprop.js';
import {conv2d, depthwiseConv2d, fusedConv2d, fusedDepthwiseConv2d} from './forward-conv.js';
import {fusedMatMul} from './fused-mat-mul.js';
import {gather} from './gather.js';
import {cast, identity} from './identity.js';
import {maxPool3d, maxPool3dGrad, maxPoolGrad} from './max-pool.js';
import {avgPool, maxPool} from './pool.js';
import {prelu} from './prelu.js';
import {slice} from './slice.js';
import {mean, sum} from './sum-leading-axes.js';
import {unsortedSegmentSum} from './unsorted-segment-sum.js';
import {guardMalloc, startedWasmBackend} from './wasm-backend.js';
import {installKernel} from './wasm-kernel.js';
import type {WasmKernel} from './wasm-kernel.js';

const missing: Record<string, WasmKernel> = {
  Conv2DBackpropFilter: preferCompiled(conv2dGradients.conv2dBackpropFilter, conv2dBackpropFilter),
  DepthwiseConv2dNativeBackpropFilter: preferCompiled(
    depthwiseGradients.depthwiseBackpropFilter,
    depthwiseBackpropFilter,
  ),
  DepthwiseConv2dNativeBackpropInput: preferCompiled(depthwiseGradients.depthwiseBackpropInput, depthwiseBackpropInput),
  UnsortedSegmentSum: preferCompiled(segmentSum.unsortedSegmentSum, unsortedSegmentSum),
};

const wrong: Record<string, WasmKernel> = {
  AvgPool: avgPool,
  Conv2D: conv2d,
  Conv3DBackpropFilterV2: conv3dBackpropFilter,
  Conv3DBackpropInputV2: conv3dBackpropInput,
  DepthwiseConv2dNative: depthwiseConv2d,
  FusedConv2D: fusedConv2d,
  FusedDepthwiseConv2D: fusedDepthwiseConv2d,
  MaxPool: maxPool,
  MaxPool3D: maxPool3d,
  MaxPool3DGrad: maxPool3dGrad,
  MaxPoolGrad: preferCompiled(maxPoolGradient.maxPoolGrad, maxPoolGrad),
  Prelu: prelu,
  _FusedMatMul: fusedMatMul,
};

const slow: Record<string, WasmKernel> = {
  BatchMatMul: preferCompiled(matMul.batchMatMul, batchMatMul),
  Cast: cast,
  Conv2DBackpropInput: preferCompiled(conv2dGradients.conv2dBackpropInput, conv2dBackpropInput),
  FusedBatchNorm: preferCompiled(fusedBatchNorm),
  GatherV2: gather,
  Identity: identity,
  Mean: preferCompiled(reductions.mean, mean),
  Slice: slice,
  Sum: preferCompiled(reductions.sum, sum),
};

/** Gradients that tf.js makes of many small ops, here of one compiled kernel each. */
const gradients: Record<string, CompiledGradient> = {
  ClipByValue: clipGradient,
  FusedBatchNorm: fusedBatchNormGradient,
  Mean: meanGradient,
  Relu: reluGradient,
  Softmax: softmaxGradient,
  Sum: sumGradient,
};

/**
 * Makes the wasm backend of tfjs fit for training: registers the kernels it lacks, replaces those that are wrong or
 * slow, and lets an exhausted heap throw. Call it once, before or after `tf.setBackend('wasm')`; calling it again does
 * nothing.
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
    throw new Error("The wasm backend is not there to be completed: import '@tensorflow/tfjs-backend-wasm' first.");
  }
  for (const [name, kernel] of Object.entries({...missing, ...wrong, ...slow})) installKernel(name, kernel);
  for (const [name, gradient] of Object.entries(gradients)) overrideGradient(name, gradient);
  const backend = startedWasmBackend();
  if (backend) guardMalloc(backend);
}
