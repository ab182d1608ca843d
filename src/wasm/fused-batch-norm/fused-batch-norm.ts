import type {FusedBatchNormAttrs, FusedBatchNormInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';
import {addressesOf, addressOf, areFloats, FLOAT, withScratch} from '../backend/heap.js';
import {asTensor} from '../backend/override-gradient.js';
import type {CompiledGradient} from '../backend/override-gradient.js';
import {preferCompiled} from '../backend/prefer-compiled.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import type {WasmBackend} from '../backend/wasm-backend.js';

type Args = CompiledArgs<FusedBatchNormInputs, FusedBatchNormAttrs>;

/** FusedBatchNorm: `(x - mean) scale / sqrt(variance + epsilon) + offset`, all but x with one number per channel. */
function fusedBatchNorm({inputs, attrs, backend, compiled, fallback}: Args): TensorInfo {
  const {x, mean, variance} = inputs;
  // tf.js allows both to be missing, unlike the type of our inputs.
  const {scale, offset} = inputs as Partial<typeof inputs>;
  const channels = x.shape.at(-1)!;
  if (!areFloats(x) || ![mean, variance, scale, offset].every(vector => isVector(vector, channels))) return fallback();
  const out = backend.makeOutput(x.shape, 'float32');
  const rows = util.sizeFromShape(x.shape) / channels;
  const [from, means, to] = addressesOf(backend, x, mean, out);
  withScratch(backend, 2 * channels * FLOAT, factors => {
    const offsets = factors + channels * FLOAT;
    const factor = factorOf(backend, variance, attrs.varianceEpsilon, scale);
    const term = offset ? values(backend, offset) : new Float32Array(channels);
    viewOf(backend, factors, channels).set(factor);
    viewOf(backend, offsets, channels).set(term);
    compiled.fusedBatchNorm(from, to, rows, channels, means, factors, offsets);
  });
  return out;
}

/**
 * The gradient of FusedBatchNorm. With r = 1 / sqrt(variance + epsilon), S = sum of dy and D = sum of dy (x - mean):
 * `dx = dy r scale`, `dMean = -r scale S`, `dVariance = -r^3 scale D / 2`, `dScale = r D`, `dOffset = S`.
 * One pass computes all of them, whichever are asked for.
 */
const fusedBatchNormGrad: CompiledGradient = ({dy, saved, attrs, backend, compiled}) => {
  const [x, mean, variance, scale] = saved;
  if (!x || !mean || !variance || !areFloats(dy, x)) return undefined;
  const channels = x.shape.at(-1)!;
  if (![mean, variance, scale].every(vector => isVector(vector, channels))) return undefined;
  const dx = backend.makeOutput(x.shape, 'float32');
  const [dMean, dVariance, dScale, dOffset] = [0, 1, 2, 3].map(() => backend.makeOutput([channels], 'float32')) as Four;
  const addresses = addressesOf(backend, x, dy, dx);
  const means = addressOf(backend, mean);
  withScratch(backend, 3 * channels * FLOAT, factors => {
    const [sums, dots] = [factors + channels * FLOAT, factors + 2 * channels * FLOAT];
    const epsilon = Number(attrs['varianceEpsilon']);
    const inverse = factorOf(backend, variance, epsilon);
    const factor = factorOf(backend, variance, epsilon, scale);
    viewOf(backend, factors, channels).set(factor);
    compiled.fusedBatchNormGrad(...addresses, x.size / channels, channels, factors, means, sums, dots);
    const [sum, dot] = [viewOf(backend, sums, channels), viewOf(backend, dots, channels)];
    values(backend, dOffset).set(sum);
    values(backend, dScale).set(dot.map((value, c) => value * inverse[c]!));
    values(backend, dMean).set(sum.map((value, c) => -value * factor[c]!));
    values(backend, dVariance).set(dot.map((value, c) => -0.5 * value * factor[c]! * inverse[c]! * inverse[c]!));
  });
  const gradients = {x: dx, mean: dMean, variance: dVariance, scale: dScale, offset: dOffset};
  const tensors = Object.entries(gradients).map(([name, info]) => [name, asTensor(info)] as const);
  return Object.fromEntries(tensors.map(([name, tensor]) => [name, () => tensor]));
};

type Four = [TensorInfo, TensorInfo, TensorInfo, TensorInfo];

function isVector(tensor: TensorInfo | undefined, length: number): boolean {
  return !tensor || (tensor.dtype === 'float32' && tensor.shape.length === 1 && tensor.shape[0] === length);
}

/** `scale / sqrt(variance + epsilon)`, as a copy. */
function factorOf(backend: WasmBackend, variance: TensorInfo, epsilon: number, scale?: TensorInfo): Float32Array {
  const inverse = values(backend, variance).map(value => 1 / Math.sqrt(value + epsilon));
  return scale ? values(backend, scale).map((value, c) => value * inverse[c]!) : inverse;
}

// The next allocation may detach these views.

function values(backend: WasmBackend, tensor: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(tensor) as Float32Array;
}

function viewOf({wasm}: WasmBackend, address: number, length: number): Float32Array {
  return new Float32Array(wasm.HEAPU8.buffer, address, length);
}

// Both are slow in tf.js, whose gradient tiles the vectors to the size of x.
export const kernels = {FusedBatchNorm: preferCompiled(fusedBatchNorm)};
export const gradients = {FusedBatchNorm: fusedBatchNormGrad};
