import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {expectFiniteDifference, expectSameAsCpu, expectSameOutput, on} from './against-cpu.js';

type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;
type Pair = [number, number];

const pads = ['same', 'valid'] as const;
const windows: Pair[] = [
  [2, 2],
  [3, 3],
  [1, 3],
  [3, 1],
  [2, 3],
];
const strides: (number | Pair)[] = [1, 2, 3, [1, 2]];
const volumes: [number, number, number][] = [
  [2, 2, 2],
  [1, 3, 2],
  [3, 2, 1],
];

describe.each(pads)('padding %s', pad => {
  test.each(windows)('maxPool over %i x %i', async (height, width) => {
    for (const stride of strides) {
      const pool: Op = x => tf.maxPool(x as T4, [height, width], stride, pad);
      for (const shape of ['2x6x6x3', '1x7x5x2']) await expectSameAsCpu(pool, [shape]);
    }
  });

  test.each(volumes)('maxPool3d over %i x %i x %i', async (depth, height, width) => {
    for (const stride of [1, 2]) {
      const pool: Op = x => tf.maxPool3d(x as T5, [depth, height, width], stride, pad);
      await expectSameOutput(pool, ['2x4x5x3x2']);
      await expectFiniteDifference(pool, [2, 3, 4, 3, 2]);
    }
  });
});

const gradientAt = (values: number[], shape: number[], window: [number, number, number]) => () =>
  tf.tidy(() => {
    const pool = (x: tf.Tensor) => tf.maxPool3d(x as T5, window, 1, 'valid');
    return Array.from(tf.grad(pool)(tf.tensor(values, shape)).dataSync());
  });

test('maxPool3d finds the largest of negative values', async () => {
  const largest = () =>
    tf.tidy(() => tf.maxPool3d(tf.range(-8, 0).reshape<T5>([1, 2, 2, 2, 1]), 2, 1, 'valid').dataSync());
  expect(Array.from(await on('wasm', largest))).toEqual([-1]);
});

test('the gradient of maxPool3d goes to the first of equal values', async () => {
  expect(await on('wasm', gradientAt([-3, -2, -2, -3], [1, 1, 2, 2, 1], [1, 2, 2]))).toEqual([0, 1, 0, 0]);
});

// The cpu backend sends this one to the 4: it takes the height of the window for its width.
test('the gradient of maxPool3d finds its way in a window that is not square', async () => {
  expect(await on('wasm', gradientAt([1, 2, 3, 4, 9, 5], [1, 1, 2, 3, 1], [1, 2, 3]))).toEqual([0, 0, 0, 0, 1, 0]);
});

test('a window of -Infinity passes no gradient on, as on cpu', async () => {
  const gradient = () => {
    const x = tf.fill([1, 2, 2, 1], -Infinity);
    return Array.from(
      tf
        .grad(t => tf.maxPool(t as T4, 2, 2, 'valid'))(x)
        .dataSync(),
    );
  };
  expect(await on('wasm', gradient)).toEqual([0, 0, 0, 0]);
  expect(await on('cpu', gradient)).toEqual([0, 0, 0, 0]);
});
