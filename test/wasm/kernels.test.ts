import * as tf from '@tensorflow/tfjs';
import {expectSameOutput, kernelKinds, on, onWasm, tensorOf} from './against-cpu.js';
import {ints, rows, runsAgainstCpu, type Row} from './kernel-rows.js';

test('the table has all kernels and gradients of ours', async () => {
  const names = await on('wasm', () => tf.getKernelsForBackend('wasm').map(({kernelName}) => kernelName));
  const isOurs = (name: string) =>
    Symbol.for('tfjs-pruning.wasm-kernel') in tf.getKernel(name, 'wasm').kernelFunc ||
    Symbol.for('tfjs-pruning.wasm-gradient') in ((tf.getGradient(name) as tf.GradConfig | undefined)?.gradFunc ?? {});
  expect(Object.keys(rows).sort()).toEqual(names.filter(isOurs).sort());
});

describe.each(Object.entries(rows))('%s', (kernel, ofKernel) => {
  test.each(ofKernel)('%s', async (...row: Row) => {
    expect(await runsAgainstCpu(kernel, row)).toBeGreaterThan(0);
  });
});

/** Runs a kernel itself, with attributes that no function of tfjs hands to it. */
const run =
  (kernel: string, shapes: Record<string, number[]>, attrs: tf.NamedAttrMap): (() => tf.Tensor) =>
  () => {
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [name, tensorOf(shape, 'normal', i)]),
    );
    return tf.engine().runKernel(kernel, inputs, attrs);
  };

const channelsFirst = {strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1} as const;
const dilated = {strides: 1, pad: 'same', dimRoundingMode: 'floor', dilations: [2, 2]};
const [images, weights] = [() => tf.ones<tf.Rank.R4>([1, 2, 4, 2]), () => tf.ones<tf.Rank.R4>([3, 3, 2, 2])];

const refused: [string, () => tf.Tensor, string][] = [
  ['Conv2D', () => tf.conv2d(images(), weights(), 1, 'same', 'NCHW'), "dataFormat 'NHWC', got 'NCHW'"],
  [
    'Conv2D',
    () => tf.conv2d(tf.ones<tf.Rank.R4>([1, 5, 4, 0]), tf.ones<tf.Rank.R4>([3, 3, 0, 2]), 1, 'same'),
    'one input channel, got none',
  ],
  [
    'Conv2D',
    () => tf.conv2d(tf.ones<tf.Rank.R4>([1, 5, 5, 2]), tf.ones<tf.Rank.R4>([2, 2, 2, 3]), 2, 0, 'NHWC', 1, 'ceil'),
    'an output of 2 x 2 from these sizes, got 3 x 3; give the padding by side and round down',
  ],
  [
    'Conv2D',
    () => tf.conv2d(tf.ones<tf.Rank.R4>([1, 3, 3, 2]), tf.ones<tf.Rank.R4>([1, 1, 2, 2]), [2, 1], 1),
    'an output of 3 x 5 from these sizes, got 3 x 3; give the padding by side',
  ],
  ['MaxPool', () => tf.maxPool(tf.ones<tf.Rank.R4>([1, 5, 5, 2]), 2, 2, 0, 'ceil'), 'an output of 2 x 2'],
  ['MaxPool', () => tf.maxPool(tf.ones<tf.Rank.R4>([1, 2, 2, 2]), 5, 1, 'valid'), 'a window of 5 x 5 on 2 x 2'],
  [
    'Conv2D',
    () => tf.conv2d(tf.ones<tf.Rank.R4>([1, 1, 2, 2]), tf.ones<tf.Rank.R4>([4, 4, 2, 2]), 1, 'valid'),
    'expected an image no smaller than the window, got a window of 4 x 4 on 1 x 2',
  ],
  ['AvgPool', () => tf.avgPool(tf.ones<tf.Rank.R4>([1, 5, 5, 2]), 2, 2, 0, 'ceil'), 'an output of 2 x 2'],
  [
    'AvgPool',
    () => tf.avgPool(tf.ones<tf.Rank.R4>([1, 3, 3, 2]), 2, 2, 2),
    'expected padding smaller than the window of 2 x 2, got [2,2,2,2]; use less padding',
  ],
  ['DepthwiseConv2dNative', () => tf.depthwiseConv2d(images(), weights(), 1, 'same', 'NCHW'), "'NHWC', got 'NCHW'"],
  ['FusedConv2D', () => tf.fused.conv2d({x: images(), filter: weights(), ...channelsFirst}), "'NHWC', got 'NCHW'"],
  [
    'FusedDepthwiseConv2D',
    () => tf.fused.depthwiseConv2d({x: images(), filter: weights(), ...channelsFirst}),
    "expected dataFormat 'NHWC', got 'NCHW'; transpose first",
  ],
  [
    'Conv2DBackpropFilter',
    run('Conv2DBackpropFilter', {x: [1, 2, 5, 4], dy: [1, 2, 5, 4]}, {...channelsFirst, filterShape: [3, 3, 2, 2]}),
    "expected dataFormat 'NHWC', got 'NCHW'; transpose first",
  ],
  [
    'MaxPool3D',
    run('MaxPool3D', {x: [1, 2, 3, 4, 5]}, {filterSize: 2, strides: 1, pad: 'same', dataFormat: 'NCDHW'}),
    "expected dataFormat 'NDHWC', got 'NCDHW'; transpose first",
  ],
  [
    'DepthwiseConv2dNativeBackpropFilter',
    run(
      'DepthwiseConv2dNativeBackpropFilter',
      {x: [1, 4, 4, 1], dy: [1, 4, 4, 1]},
      {...dilated, filterShape: [3, 3, 1, 1]},
    ),
    'expected dilations of 1, got [2,2]; train this layer without dilation',
  ],
  [
    'DepthwiseConv2dNativeBackpropInput',
    run(
      'DepthwiseConv2dNativeBackpropInput',
      {dy: [1, 4, 4, 1], filter: [3, 3, 1, 1]},
      {...dilated, inputShape: [1, 4, 4, 1]},
    ),
    'expected dilations of 1, got [2,2]; train this layer without dilation',
  ],
  [
    'UnsortedSegmentSum',
    run('UnsortedSegmentSum', {x: [2, 3], segmentIds: [2, 1]}, {numSegments: 2}),
    'expected segmentIds of rank 1, got shape [2,1]; flatten them',
  ],
];

test.each(refused)('%s refuses by name what it is not right for', async (kernel, op, message) => {
  for (const kernels of kernelKinds) {
    const before = await on('wasm', () => tf.memory().numTensors);
    await onWasm(kernels, () => expect(() => tf.tidy(op)).toThrow(new RegExp(`^${kernel} on the wasm backend: .*`)));
    await onWasm(kernels, () => expect(() => tf.tidy(op)).toThrow(message));
    expect(tf.memory().numTensors).toBe(before);
  }
});

test('Conv2DBackpropInput with channels first', async () => {
  const attrs = {...channelsFirst, strides: 2, inputShape: [2, 3, 6, 5]};
  const op = run('Conv2DBackpropInput', {dy: [2, 4, 3, 3], filter: [3, 2, 3, 4]}, attrs);
  await expectSameOutput(op, []);
});

const twice: [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['relu', x => tf.mul(tf.relu(x), tf.square(x))],
  ['sum', x => tf.square(tf.sum(tf.square(x), 0))],
  ['softmax', x => tf.square(tf.softmax(x))],
  ['mean', x => tf.square(tf.mean(tf.square(x), 1))],
  ['batchNorm', x => tf.square(tf.batchNorm(x, tf.mean(x, 0), tf.mean(tf.square(x), 0), tf.zeros([2]), tf.ones([2])))],
];

test.each(twice)('the gradient of a gradient of %s', async (_, f) => {
  const second = () =>
    tf.tidy(() => {
      const x = tf.tensor2d([0.5, -1, 2, 3, 0.1, -0.7], [3, 2]);
      return tf
        .grad(t => tf.sum(tf.square(tf.grad(f)(t))))(x)
        .dataSync();
    });
  const [actual, expected] = [await on('wasm', second), await on('cpu', second)];
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 3));
});

test('unsortedSegmentSum adds up rows of equal id and leaves out ids that are no segment', async () => {
  const ten = () => tf.range(1, 11).reshape([5, 2]); // [1, 2], [3, 4], [5, 6], [7, 8], [9, 10]
  const sums = () => tf.unsortedSegmentSum(ten(), ints(1, 0, 1, -1, 4), 4);
  expect(Array.from((await on('wasm', sums)).dataSync())).toEqual([3, 4, 1 + 5, 2 + 6, 0, 0, 0, 0]);
  expect(tf.unsortedSegmentSum(ten(), ints(1, 0, 1, -1, 4), 0).shape).toEqual([0, 2]);
});

test('other types than float32', async () => {
  const outputs = () => {
    const x = tf.range(0, 24, 1, 'int32').reshape([2, 3, 4]);
    const flags = tf.greater(x, 11);
    return [
      tf.slice(x, [1, 1, 1], [1, 2, 2]),
      tf.slice(flags, [0, 1, 0], [2, 1, 3]),
      tf.gather(x, ints(1, 1)),
      tf.gather(flags, ints(2, 0), 1),
      tf.sum(x, [0, 1]),
      tf.mean(x, 0),
      tf.clone(flags),
      tf.cast(x, 'float32'),
      tf.cast(flags, 'int32'),
      tf.cast(tf.tensor1d([0.5, -3, 256, 0, -0, NaN]), 'bool'),
      tf.cast(ints(0, -3, 256), 'bool'),
      tf.slice(tf.tensor1d(['a', 'b', 'c']), 1, 2),
      tf.clone(tf.tensor1d(['a'])),
    ].map(tensor => ({dtype: tensor.dtype, values: Array.from(tensor.dataSync<never>())}));
  };
  expect(await on('wasm', outputs)).toEqual(await on('cpu', outputs));
});

test('a clone outlives what it was cloned from', async () => {
  const read = () => {
    const original = tf.tensor1d([1, 2, 3]);
    const copy = tf.clone(original);
    original.dispose();
    tf.fill([3], 9).dispose();
    return Array.from(copy.dataSync());
  };
  expect(await on('wasm', read)).toEqual([1, 2, 3]);
});

test('an index out of bounds is refused', async () => {
  await on('wasm', () => {
    expect(() => tf.gather(tf.zeros([3, 2]), ints(0, 3))).toThrow('Expected an index of GatherV2 in [0, 3), got 3');
    expect(() => tf.gather(tf.zeros([3, 2]), ints(-1))).toThrow('Expected an index of GatherV2 in [0, 3), got -1');
  });
});

test('the product of an empty batch with one matrix is empty (cpu gives it entries)', async () => {
  for (const kernels of kernelKinds) {
    const product = await onWasm(kernels, () => tf.matMul(tf.zeros([0, 4, 3]), tf.zeros([1, 4, 5]), true));
    expect([product.shape, product.dataSync().length]).toEqual([[0, 3, 5], 0]);
  }
});

test('a slice out of bounds is refused', async () => {
  await on('wasm', () => {
    expect(() => tf.slice(tf.zeros([3]), [2], [5])).toThrow('would overflow input.shape[0] (3)');
    expect(() => tf.slice(tf.zeros([3, 4]), [0, 3], [1, 2])).toThrow('would overflow input.shape[1] (4)');
  });
});

test('the gradient of nearest-neighbor upsampling, left as it is, since it is cpu that is wrong', async () => {
  // By hand: each input of [2 images, 1, 2, 1] was copied to two outputs in a row, whose gradients are 1 to 8.
  const gradient = () => {
    const upsample = (x: tf.Tensor) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [1, 4]);
    return Array.from(
      tf
        .grad(upsample)(tf.ones([2, 1, 2, 1]), tf.range(1, 9).reshape([2, 1, 4, 1]))
        .dataSync(),
    );
  };
  expect(await on('wasm', gradient)).toEqual([1 + 2, 3 + 4, 5 + 6, 7 + 8]);
  expect(await on('cpu', gradient)).toEqual([3, 7, 7, 11]);
});
