import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {expectSameAsCpu, expectSameOutput} from './against-cpu.js';

type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;

const pads = ['same', 'valid'] as const;
const filters = ['1x1', '3x3', '1x3', '3x1', '2x3', '5x4'];
const strides: (number | [number, number])[] = [1, 2, 3, [1, 2], [2, 1]];
const images = ['6x6', '5x8'];

const layouts = pads.flatMap(pad => strides.map(stride => ({pad, stride})));

describe.each(layouts)('padding $pad, stride $stride', ({pad, stride}) => {
  test.each(filters)('conv2d with a %s filter', async filterSize => {
    const conv: Op = (x, filter) => tf.conv2d(x as T4, filter as T4, stride, pad);
    for (const image of images) {
      await expectSameAsCpu(conv, [`2x${image}x3`, `${filterSize}x3x4`], ['normal', 'large']);
    }
  });

  test.each(filters)('depthwiseConv2d with a %s filter', async filterSize => {
    const conv: Op = (x, filter) => tf.depthwiseConv2d(x as T4, filter as T4, stride, pad);
    for (const image of images) {
      for (const multiplier of [1, 2]) {
        await expectSameAsCpu(conv, [`2x${image}x3`, `${filterSize}x3x${multiplier}`], ['normal']);
      }
    }
  });
});

describe.each(pads)('padding %s', pad => {
  test.each([1, 2, 3])('conv2dTranspose with stride %i', async stride => {
    const side = (length: number) => (pad === 'same' ? length * stride : (length - 1) * stride + 3);
    const conv: Op = (x, filter) => tf.conv2dTranspose(x as T4, filter as T4, [2, side(5), side(4), 2], stride, pad);
    await expectSameAsCpu(conv, ['2x5x4x3', '3x3x2x3']);
  });

  test.each([1, 2, 3] as const)('conv3d with stride %i', async stride => {
    const conv: Op = (x, filter) => tf.conv3d(x as T5, filter as T5, stride, pad);
    for (const filterSize of ['1x1x1', '2x2x2', '1x3x2']) {
      await expectSameAsCpu(conv, ['2x4x5x3x2', `${filterSize}x2x3`], ['normal', 'large']);
    }
  });

  test('conv3d with unequal strides', async () => {
    const conv: Op = (x, filter) => tf.conv3d(x as T5, filter as T5, [1, 2, 1], pad);
    await expectSameAsCpu(conv, ['2x3x5x4x2', '2x3x2x2x3']);
  });

  // tfjs has no gradient of this op.
  test.each([1, 2, 3] as const)('the output of conv3dTranspose with stride %i', async stride => {
    const side = (length: number) => (pad === 'same' ? length * stride : (length - 1) * stride + 2);
    const shape: [number, number, number, number, number] = [2, side(3), side(2), side(2), 2];
    const conv: Op = (x, filter) => tf.conv3dTranspose(x as T5, filter as T5, shape, stride, pad);
    await expectSameOutput(conv, ['2x3x2x2x3', '2x2x2x2x3']);
  });

  // tfjs has no gradient of a dilated convolution.
  test.each([2, 3])('the output of convolutions with dilation %i', async dilation => {
    const shapes = ['2x9x8x3', '3x2x3x2'];
    await expectSameOutput((x, w) => tf.conv2d(x as T4, w as T4, 1, pad, 'NHWC', dilation), shapes);
    await expectSameOutput((x, w) => tf.depthwiseConv2d(x as T4, w as T4, 1, pad, 'NHWC', dilation), shapes);
  });
});

test('conv2d with explicit padding wider than its filter', async () => {
  const pad: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [3, 1],
    [0, 2],
    [0, 0],
  ];
  const conv: Op = (x, filter) => tf.conv2d(x as T4, filter as T4, 2, pad);
  await expectSameAsCpu(conv, ['2x5x6x2', '2x1x2x3']);
});
