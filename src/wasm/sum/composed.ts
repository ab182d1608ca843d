import type {DataType, MeanAttrs, MeanInputs, SumAttrs, SumInputs, TensorInfo} from '@tensorflow/tfjs-core';
import {backend_util, util, zeros} from '@tensorflow/tfjs-core';
import type {KernelArgs} from '../backend/install-kernel.js';

/** Sum over the first axes, as in the gradient of a bias. Adds rows; the stock kernel transposes first. */
export function sum(args: KernelArgs<SumInputs, SumAttrs>): TensorInfo {
  return addRows(args, args.inputs.x.dtype, 1);
}

/** Mean over the first axes, as in batch normalization; see `sum`. */
export function mean(args: KernelArgs<MeanInputs, MeanAttrs>): TensorInfo {
  return addRows(args, 'float32', 1 / leadingSize(args));
}

type Args = KernelArgs<SumInputs, SumAttrs>;

function leadingSize({inputs: {x}, attrs: {axis}}: Args): number {
  return util.sizeFromShape(util.parseAxisParam(axis, x.shape).map(i => x.shape[i]!));
}

function addRows(args: Args, dtype: DataType, scale: number): TensorInfo {
  const {inputs, attrs, backend, stock} = args;
  const {x} = inputs;
  const axes = util.parseAxisParam(attrs.axis, x.shape).sort((a, b) => a - b);
  const [rest] = backend_util.computeOutAndReduceShapes(x.shape, axes);
  const shape = attrs.keepDims ? backend_util.expandShapeToKeepDim(rest, axes) : rest;
  // The stock kernels return whatever the heap holds. As on cpu, the mean of nothing is 0 too.
  if (util.sizeFromShape(x.shape) === 0) return zeros(shape, dtype);
  const areLeading = axes.every((axis, i) => axis === i) && axes.length < x.shape.length;
  if (x.dtype !== 'float32' || !areLeading) return stock();
  const out = backend.makeOutput(shape, 'float32');
  const sums = columnSums(backend.typedArrayFromHeap(x), util.sizeFromShape(rest));
  backend.typedArrayFromHeap(out).set(sums.map(value => value * scale));
  return out;
}

function columnSums(values: Float32Array | Int32Array | Uint8Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let row = 0; row < values.length; row += columns) {
    for (let column = 0; column < columns; column++) sums[column]! += values[row + column]!;
  }
  return sums;
}
