import type {MeanAttrs, MeanInputs, SumAttrs, SumInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {sameData} from '../wasm-backend.js';
import type {WasmBackend} from '../wasm-backend.js';
import type {CompiledKernels} from './compiled-kernels.js';
import {addressOf, areFloats, withScratch} from './prefer-compiled.js';
import type {CompiledArgs} from './prefer-compiled.js';

const FLOAT = 4;

/** One run of neighboring axes that are summed: `out[o, i] = sum over r of x[o, r, i]`. */
interface Pass {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/** Sum over any axes. */
export function sum(args: CompiledArgs<SumInputs, SumAttrs>): TensorInfo {
  return reduce(args, () => 1);
}

/** Mean over any axes. */
export function mean(args: CompiledArgs<MeanInputs, MeanAttrs>): TensorInfo {
  return reduce(args, count => 1 / count);
}

function reduce(args: CompiledArgs<SumInputs, SumAttrs>, scaleOf: (count: number) => number): TensorInfo {
  const {inputs, attrs, backend, kernels, composed} = args;
  const {x} = inputs;
  const axes = util.parseAxisParam(attrs.axis, x.shape);
  const passes = passesOver(x.shape, axes);
  if (!areFloats(x) || passes.length === 0) return composed();
  const [kept, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const out = backend.makeOutput(shape, 'float32');
  const step = {kernel: kernels.sumMiddle, sizeAfter: ({outer, inner}: Pass) => outer * inner};
  const scale = scaleOf(util.sizeFromShape(reduced));
  chain(backend, step, passes, addressOf(backend, x), addressOf(backend, out), scale);
  return out;
}

/** The gradient of a sum over `axes` of a tensor of the given shape, times `scale`: dy, repeated along the axes. */
export function spread(
  backend: WasmBackend,
  kernels: CompiledKernels,
  dy: TensorInfo,
  target: {shape: number[]; axes: number[]; scale: number},
): TensorInfo {
  const {shape, axes, scale} = target;
  const passes = passesOver(shape, axes).reverse();
  if (passes.length === 0) return sameData(backend, dy, shape);
  const out = backend.makeOutput(shape, 'float32');
  const step = {kernel: kernels.spreadMiddle, sizeAfter: ({outer, reduced, inner}: Pass) => outer * reduced * inner};
  chain(backend, step, passes, addressOf(backend, dy), addressOf(backend, out), scale);
  return out;
}

/** The passes, last axes first, in which a sum over axes is made; axes of length 1 need none. */
function passesOver(shape: readonly number[], axes: readonly number[]): Pass[] {
  const passes: Pass[] = [];
  let inner = 1;
  let end = shape.length;
  while (end > 0) {
    const isReduced = axes.includes(end - 1);
    let begin = end - 1;
    while (begin > 0 && axes.includes(begin - 1) === isReduced) begin--;
    const length = util.sizeFromShape(shape.slice(begin, end));
    if (!isReduced) inner *= length;
    else if (length > 1) passes.push({outer: util.sizeFromShape(shape.slice(0, begin)), reduced: length, inner});
    end = begin;
  }
  return passes;
}

/** A kernel for one pass, and how many numbers it writes. */
interface Step {
  readonly kernel: CompiledKernels['sumMiddle'];
  readonly sizeAfter: (pass: Pass) => number;
}

/** Runs the passes one after the other, from one address to another, with scratch memory for what lies between. */
function chain(
  backend: WasmBackend,
  step: Step,
  [pass, ...rest]: readonly Pass[],
  from: number,
  to: number,
  scale: number,
): void {
  const {outer, reduced, inner} = pass!;
  if (rest.length === 0) {
    step.kernel(from, to, outer, reduced, inner, scale);
    return;
  }
  withScratch(backend, step.sizeAfter(pass!) * FLOAT, between => {
    step.kernel(from, between, outer, reduced, inner, 1);
    chain(backend, step, rest, between, to, scale);
  });
}
