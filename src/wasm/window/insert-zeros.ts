import type {Tensor} from '@tensorflow/tfjs-core';
import {pad, reshape, util} from '@tensorflow/tfjs-core';

/**
 * Inserts `strides[axis] - 1` zeros after each entry along every axis: [1, 2] with stride 3 becomes [1, 0, 0, 2, 0, 0].
 * The gradient of a strided convolution is that of one without strides, for an output gradient spread like this.
 */
export function insertZeros<T extends Tensor>(x: T, strides: readonly number[]): T {
  return strides.reduce((spread, stride, axis) => (stride === 1 ? spread : spreadAxis(spread, axis, stride)), x);
}

function spreadAxis<T extends Tensor>(x: T, axis: number, stride: number): T {
  const inner = util.sizeFromShape(x.shape.slice(axis + 1));
  const shape = x.shape.map((length, i) => (i === axis ? length * stride : length));
  const rows = reshape(x, [-1, inner]);
  const zerosAfter: [number, number] = [0, (stride - 1) * inner];
  return reshape(pad(rows, [[0, 0], zerosAfter]), shape) as T;
}
