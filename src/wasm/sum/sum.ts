import type {MeanAttrs, MeanInputs, SumAttrs, SumInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util} from '@tensorflow/tfjs-core';
import {addressesOf, areFloats, sameData} from '../backend/heap.js';
import {asTensor} from '../backend/override-gradient.js';
import type {CompiledGradient, GradientArgs} from '../backend/override-gradient.js';
import {preferCompiled} from '../backend/prefer-compiled.js';
import type {CompiledArgs} from '../backend/prefer-compiled.js';
import * as composed from './composed.js';
import {passesOver, perform} from './passes.js';
import type {Pass} from './passes.js';

/** Sum over any axes. The stock kernel first transposes unless the axes are the last ones. */
function sum(args: CompiledArgs<SumInputs, SumAttrs>): TensorInfo {
  return reduce(args, () => 1);
}

/** Mean over any axes; see `sum`. */
function mean(args: CompiledArgs<MeanInputs, MeanAttrs>): TensorInfo {
  return reduce(args, count => 1 / count);
}

function reduce(args: CompiledArgs<SumInputs, SumAttrs>, scaleOf: (count: number) => number): TensorInfo {
  const {inputs, attrs, backend, compiled, fallback} = args;
  const {x} = inputs;
  const axes = util.parseAxisParam(attrs.axis, x.shape);
  const passes = passesOver(x.shape, axes);
  if (!areFloats(x) || passes.length === 0) return fallback();
  const [kept, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
  const out = backend.makeOutput(shape, 'float32');
  const step = {kernel: compiled.sumMiddle, sizeAfter: ({outer, inner}: Pass) => outer * inner};
  perform(backend, step, passes, ...addressesOf(backend, x, out), scaleOf(util.sizeFromShape(reduced)));
  return out;
}

/** The gradient of Sum: dy, repeated along the summed axes. tf.js multiplies it by ones of the shape of x. */
const sumGrad: CompiledGradient = args => spread(args, () => 1);

/** The gradient of Mean: that of Sum, divided by the number of averaged entries. */
const meanGrad: CompiledGradient = args => spread(args, count => 1 / count);

function spread(args: GradientArgs, scaleOf: (count: number) => number): ReturnType<CompiledGradient> {
  const {
    dy,
    saved: [x],
    attrs,
  } = args;
  if (!x || !areFloats(dy, x)) return undefined;
  const axes = util.parseAxisParam(attrs['axis'] as number[], x.shape);
  const scale = scaleOf(util.sizeFromShape(axes.map(axis => x.shape[axis]!)));
  const dx = asTensor(repeated(args, x.shape, axes, scale));
  return {x: () => dx};
}

/** `scale dy`, repeated along `axes` to the given shape. */
function repeated(
  {dy, backend, compiled}: GradientArgs,
  shape: number[],
  axes: readonly number[],
  scale: number,
): TensorInfo {
  const passes = passesOver(shape, axes).reverse();
  if (passes.length === 0) return sameData(backend, dy, shape);
  const out = backend.makeOutput(shape, 'float32');
  const step = {kernel: compiled.spreadMiddle, sizeAfter: ({outer, reduced, inner}: Pass) => outer * reduced * inner};
  perform(backend, step, passes, ...addressesOf(backend, dy, out), scale);
  return out;
}

export const kernels = {Mean: preferCompiled(mean, composed.mean), Sum: preferCompiled(sum, composed.sum)};
export const gradients = {Mean: meanGrad, Sum: sumGrad};
