import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {expectSameAsCpu, expectSameOutput, on} from './against-cpu.js';

type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;
type Pair = [number, number];

const pads = ['same', 'valid'] as const;
const filters: Pair[] = [[1, 1], [3, 3], [1, 3], [3, 1], [2, 3], [5, 4]]; // prettier-ignore
const strides: (number | Pair)[] = [1, 2, 3, [1, 2], [2, 1]];
const images: Pair[] = [[6, 6], [5, 8]]; // prettier-ignore

const layouts = pads.flatMap(pad => strides.map(stride => ({pad, stride})));

describe.each(layouts)('padding $pad, stride $stride', ({pad, stride}) => {
  test.each(filters)('conv2d with a %i x %i filter', async (height, width) => {
    const conv: Op = (x, filter) => tf.conv2d(x as T4, filter as T4, stride, pad);
    for (const image of images) {
      await expectSameAsCpu(conv, [[2, ...image, 3], [height, width, 3, 4]], ['normal', 'large']); // prettier-ignore
    }
  });

  test.each(filters)('depthwiseConv2d with a %i x %i filter', async (height, width) => {
    const conv: Op = (x, filter) => tf.depthwiseConv2d(x as T4, filter as T4, stride, pad);
    for (const image of images) {
      for (const multiplier of [1, 2]) {
        await expectSameAsCpu(conv, [[2, ...image, 3], [height, width, 3, multiplier]], ['normal']); // prettier-ignore
      }
    }
  });
});

test('convolutions of all input styles', async () => {
  const shapes = [[2, 7, 5, 3], [3, 2, 3, 2]]; // prettier-ignore
  await expectSameAsCpu((x, filter) => tf.conv2d(x as T4, filter as T4, 2, 'same'), shapes);
  await expectSameAsCpu((x, filter) => tf.depthwiseConv2d(x as T4, filter as T4, 2, 'same'), shapes);
});

describe.each(pads)('padding %s', pad => {
  test.each([1, 2, 3])('conv2dTranspose with stride %i', async stride => {
    const side = (length: number) => (pad === 'same' ? length * stride : (length - 1) * stride + 3);
    const conv: Op = (x, filter) => tf.conv2dTranspose(x as T4, filter as T4, [2, side(5), side(4), 2], stride, pad);
    await expectSameAsCpu(conv, [[2, 5, 4, 3], [3, 3, 2, 3]]); // prettier-ignore
  });

  test.each([1, 2, 3] as const)('conv3d with stride %i', async stride => {
    const conv: Op = (x, filter) => tf.conv3d(x as T5, filter as T5, stride, pad);
    for (const filter of [
      [1, 1, 1],
      [2, 2, 2],
      [1, 3, 2],
    ]) {
      await expectSameAsCpu(conv, [[2, 4, 5, 3, 2], [...filter, 2, 3]], ['normal', 'large']); // prettier-ignore
    }
  });

  test('conv3d with unequal strides', async () => {
    const conv: Op = (x, filter) => tf.conv3d(x as T5, filter as T5, [1, 2, 1], pad);
    await expectSameAsCpu(conv, [[2, 3, 5, 4, 2], [2, 3, 2, 2, 3]]); // prettier-ignore
  });

  // tfjs has no gradient of this op.
  test.each([1, 2, 3] as const)('the output of conv3dTranspose with stride %i', async stride => {
    const side = (length: number) => (pad === 'same' ? length * stride : (length - 1) * stride + 2);
    const shape: [number, number, number, number, number] = [2, side(3), side(2), side(2), 2];
    const conv: Op = (x, filter) => tf.conv3dTranspose(x as T5, filter as T5, shape, stride, pad);
    await expectSameOutput(conv, [[2, 3, 2, 2, 3], [2, 2, 2, 2, 3]]); // prettier-ignore
  });

  // tfjs has no gradient of a dilated convolution.
  test.each([2, 3])('the output of convolutions with dilation %i', async dilation => {
    const shapes = [[2, 9, 8, 3], [3, 2, 3, 2]]; // prettier-ignore
    await expectSameOutput((x, w) => tf.conv2d(x as T4, w as T4, 1, pad, 'NHWC', dilation), shapes);
    await expectSameOutput((x, w) => tf.depthwiseConv2d(x as T4, w as T4, 1, pad, 'NHWC', dilation), shapes);
  });
});

test('conv2d with explicit padding wider than its filter', async () => {
  const conv: Op = (x, filter) => tf.conv2d(x as T4, filter as T4, 2, [[0, 0], [3, 1], [0, 2], [0, 0]]); // prettier-ignore
  await expectSameAsCpu(conv, [[2, 5, 6, 2], [2, 1, 2, 3]]); // prettier-ignore
});

const sparseWindow = {strides: 2, pad: 'same', activation: 'relu'} as const;

test('a fused convolution with stride 2 on a 1 x 3 filter, which stock wasm gets wrong', async () => {
  const fused: Op = (x, filter, bias) =>
    tf.fused.conv2d({x: x as T4, filter: filter as T4, bias: bias!, ...sparseWindow});
  await expectSameAsCpu(fused, [[2, 6, 6, 3], [1, 3, 3, 4], [4]]); // prettier-ignore
});

test('a fused depthwise convolution with stride 2 on a 3 x 1 filter, which stock wasm gets wrong', async () => {
  const fused: Op = (x, filter, bias) =>
    tf.fused.depthwiseConv2d({x: x as T4, filter: filter as T4, bias: bias!, ...sparseWindow});
  await expectSameAsCpu(fused, [[2, 6, 6, 3], [3, 1, 3, 2], [6]]); // prettier-ignore
});

const empty: [string, Op, number[][]][] = [
  ['conv2d without images', (x, w) => tf.conv2d(x as T4, w as T4, 1, 'same'), [[0, 5, 5, 2], [3, 3, 2, 4]]],
  ['conv2d, the filter too large', (x, w) => tf.conv2d(x as T4, w as T4, 1, 'valid'), [[2, 4, 9, 3], [5, 4, 3, 2]]],
  ['depthwise, no images', (x, w) => tf.depthwiseConv2d(x as T4, w as T4, 1, 'same'), [[0, 5, 5, 2], [3, 3, 2, 1]]],
  ['depthwise, too large', (x, w) => tf.depthwiseConv2d(x as T4, w as T4, 1, 'valid'), [[2, 4, 9, 3], [5, 4, 3, 1]]],
  ['conv3d without images', (x, w) => tf.conv3d(x as T5, w as T5, 1, 'same'), [[0, 3, 3, 3, 2], [2, 2, 2, 2, 3]]],
]; // prettier-ignore

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
