import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {expectSameAsCpu, expectSameOutput, on} from './against-cpu.js';

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

test('convolutions of all input styles', async () => {
  const shapes = ['2x7x5x3', '3x2x3x2'];
  await expectSameAsCpu((x, filter) => tf.conv2d(x as T4, filter as T4, 2, 'same'), shapes);
  await expectSameAsCpu((x, filter) => tf.depthwiseConv2d(x as T4, filter as T4, 2, 'same'), shapes);
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

const sparseWindow = {strides: 2, pad: 'same', activation: 'relu'} as const;

test('a fused convolution with stride 2 on a 1 x 3 filter, which stock wasm gets wrong', async () => {
  const fused: Op = (x, filter, bias) => tf.fused.conv2d({x: x as T4, filter: filter as T4, bias, ...sparseWindow});
  await expectSameAsCpu(fused, ['2x6x6x3', '1x3x3x4', '4']);
});

test('a fused depthwise convolution with stride 2 on a 3 x 1 filter, which stock wasm gets wrong', async () => {
  const fused: Op = (x, filter, bias) =>
    tf.fused.depthwiseConv2d({x: x as T4, filter: filter as T4, bias, ...sparseWindow});
  await expectSameAsCpu(fused, ['2x6x6x3', '3x1x3x2', '6']);
});

const empty: [string, Op, string[]][] = [
  ['conv2d without images', (x, w) => tf.conv2d(x as T4, w as T4, 1, 'same'), ['0x5x5x2', '3x3x2x4']],
  ['conv2d, the filter too large', (x, w) => tf.conv2d(x as T4, w as T4, 1, 'valid'), ['2x4x9x3', '5x4x3x2']],
  ['depthwise, no images', (x, w) => tf.depthwiseConv2d(x as T4, w as T4, 1, 'same'), ['0x5x5x2', '3x3x2x1']],
  ['depthwise, too large', (x, w) => tf.depthwiseConv2d(x as T4, w as T4, 1, 'valid'), ['2x4x9x3', '5x4x3x1']],
  ['conv3d without images', (x, w) => tf.conv3d(x as T5, w as T5, 1, 'same'), ['0x3x3x3x2', '2x2x2x2x3']],
];

test.each(empty)('an output of size 0 and gradients of 0: %s', async (_, op, shapes) => {
  await expectSameAsCpu(op, shapes, ['normal']);
});

test('what no gradient can be right for is refused by name', async () => {
  const attrs = {strides: 1, pad: 'same', dimRoundingMode: 'floor', filterShape: [3, 3, 1, 1]};
  const run = (kernel: string, more: tf.NamedAttrMap) => () => {
    const [x, dy] = [tf.zeros([1, 4, 4, 1]), tf.zeros([1, 4, 4, 1])];
    tf.getKernel(kernel, 'wasm').kernelFunc({inputs: {x, dy}, backend: tf.backend(), attrs: {...attrs, ...more}});
  };
  await on('wasm', () => {
    expect(run('DepthwiseConv2dNativeBackpropFilter', {dilations: [2, 2]})).toThrow(
      'DepthwiseConv2dNativeBackpropFilter on the wasm backend: expected dilations of 1, got [2,2]; train',
    );
    expect(run('Conv2DBackpropFilter', {dataFormat: 'NCHW'})).toThrow(
      "Conv2DBackpropFilter on the wasm backend: expected dataFormat 'NHWC', got 'NCHW'; transpose first",
    );
  });
});
