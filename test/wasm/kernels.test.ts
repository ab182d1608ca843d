import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {
  expectSameAsCpu,
  expectSameOutput,
  kernelKinds,
  on,
  onWasm,
  runsOf,
  styleNames,
  tensorOf,
} from './against-cpu.js';

type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;

/**
 * What is compared with cpu, for all styles of input and both kinds of kernels: the output and all gradients of a
 * function of inputs of these shapes; 'output only' where tfjs has no gradient, or none that is right, and 'no ties' where
 * the gradient of cpu is wrong for equal numbers (see max-pool.test.ts).
 */
type Row = [what: string, op: Op, shapes: string, compared?: 'output only' | 'no ties'];

const ints = (...values: number[]) => tf.tensor1d(values, 'int32');
const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.5);

const conv2d =
  (stride: number, pad: 'same' | 'valid' | number): Op =>
  (x, w) =>
    tf.conv2d(x as T4, w as T4, stride, pad);

const depthwise =
  (stride: number, pad: 'same' | 'valid'): Op =>
  (x, w) =>
    tf.depthwiseConv2d(x as T4, w as T4, stride, pad);

const conv3d =
  (stride: 1 | 2, pad: 'same' | 'valid'): Op =>
  (x, w) =>
    tf.conv3d(x as T5, w as T5, stride, pad);

const convolutions: Row[] = [
  ['3 x 3', conv2d(1, 'same'), '2x7x5x3 3x3x3x4'],
  ['3 x 2, stride 2', conv2d(2, 'same'), '2x7x5x3 3x2x3x2'],
  ['1 x 1', conv2d(1, 'valid'), '2x4x5x3 1x1x3x9'],
  ['1 x 1, stride 2, padded to as many outputs as inputs', conv2d(2, 1), '2x3x3x2 1x1x2x3'],
  ['no images', conv2d(1, 'same'), '0x5x5x2 3x3x2x4'],
  ['a filter larger than the image', conv2d(1, 'valid'), '2x4x9x3 5x4x3x2'],
  ['no filters', conv2d(1, 'same'), '2x4x4x3 3x3x3x0'],
];

const depthwiseConvolutions: Row[] = [
  ['3 x 3', depthwise(1, 'same'), '2x7x5x6 3x3x6x1'],
  ['3 x 2, two outputs a channel, stride 2', depthwise(2, 'valid'), '2x7x5x3 3x2x3x2'],
  ['no images', depthwise(1, 'same'), '0x5x5x2 3x3x2x1'],
  ['a filter larger than the image', depthwise(1, 'valid'), '2x4x9x3 5x4x3x1'],
  ['no channels', depthwise(1, 'same'), '2x4x4x0 3x3x0x1'],
];

const convolutions3d: Row[] = [
  ['2 x 2 x 2', conv3d(1, 'same'), '2x4x5x3x2 2x2x2x2x3'],
  ['1 x 3 x 2, stride 2', conv3d(2, 'same'), '2x4x5x3x2 1x3x2x2x3'],
  ['no images', conv3d(1, 'same'), '0x3x3x3x2 2x2x2x2x3'],
  ['a filter larger than the image', conv3d(1, 'valid'), '2x1x3x3x2 2x2x2x2x3'],
];

// With stride 2 on a 1 x 3 filter, which stock wasm gets wrong.
const sparse = {strides: 2, pad: 'same', activation: 'relu'} as const;

const pool =
  (filter: number | [number, number], stride: number, pad: 'same' | 'valid'): Op =>
  x =>
    tf.maxPool(x as T4, filter, stride, pad);

const average =
  (filter: number, stride: number, pad: 'same' | 'valid'): Op =>
  x =>
    tf.avgPool(x as T4, filter, stride, pad);

const pool3d =
  (stride: number, pad: 'same' | 'valid'): Op =>
  x =>
    tf.maxPool3d(x as T5, 2, stride, pad);

const maxPools: Row[] = [
  ['2 x 2', pool(2, 2, 'valid'), '2x6x6x5'],
  ['3 x 2, overlapping', pool([3, 2], 1, 'same'), '2x6x5x3'],
  ['no images', pool(2, 2, 'same'), '0x4x4x2'],
  ['no channels', pool(2, 2, 'same'), '2x4x4x0'],
  ['a window larger than the image', pool(3, 2, 'valid'), '2x2x5x3'],
];

const maxPools3d: Row[] = [
  ['2 x 2 x 2', pool3d(2, 'valid'), '2x4x5x4x3', 'no ties'],
  ['overlapping', pool3d(1, 'same'), '2x3x4x3x2', 'no ties'],
  ['no images', pool3d(2, 'same'), '0x4x4x4x2'],
  ['a window larger than the image', pool3d(1, 'valid'), '2x1x4x4x3'],
];

const products = [false, true].flatMap(transposeA =>
  [false, true].flatMap(transposeB => {
    const op: Op = (a, b) => tf.matMul(a, b, transposeA, transposeB);
    const sizes = ['5x7x4', '1x60x9', '40x3x50', '2x1x2', '3x0x4', '0x3x4', '3x4x0'];
    return sizes.flatMap(size =>
      ['', '1x', '3x', '0x'].map((batch): Row => {
        const [rows, inner, columns] = size.split('x');
        const left = transposeA ? `${inner}x${rows}` : `${rows}x${inner}`;
        const right = transposeB ? `${columns}x${inner}` : `${inner}x${columns}`;
        return [`transposed ${transposeA} and ${transposeB}`, op, `${batch}${left} ${batch}${right}`];
      }),
    );
  }),
);

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const reductionsBy = (reduce: Reduction): Row[] => [
  ['the first axis', x => reduce(x, 0), '3x4x5'],
  ['the first axes, kept', x => reduce(x, [1, 0], true), '3x4x5'],
  ['negative axes', x => reduce(x, [-3, -2]), '3x4x5'],
  ['all axes', x => reduce(x), '3x4x5'],
  ['inner axes', x => reduce(x, [1, 2]), '3x4x5'],
  ['outer and inner axes, kept', x => reduce(x, [0, 2], true), '3x4x5'],
  ['every other axis of five', x => reduce(x, [0, 2, 4]), '3x2x2x1x5'],
  ['axes of length 1', x => reduce(x, [1, 3]), '3x1x20x1'],
  ['no axes', x => reduce(x, []), '3x4'],
  ['a scalar', x => reduce(tf.reshape(x, [])), '1'],
  ['no rows', x => reduce(x, 0), '0x3'],
  ['no columns', x => reduce(x, 1, true), '3x0'],
  ['nothing at all', x => reduce(x), '2x0'],
  ['the full axis beside an empty one', x => reduce(x, 0), '3x0'],
];

const fusedActivations = ['relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const;

const batchNorm: Op = (x, mean, variance, offset, scale) => tf.batchNorm(x, mean, positive(variance), offset, scale);

/** For each kernel of ours functions that run it, or whose gradients do. */
const rows: Record<string, Row[]> = {
  AvgPool: [
    ['3 x 3', average(3, 1, 'same'), '2x5x4x3'],
    ['a window larger than the image', average(3, 2, 'valid'), '2x2x5x3'],
  ],
  BatchMatMul: [
    ...products,
    // tfjs has no right gradient of this.
    ['a batch on one side only', (a, b) => tf.matMul(a, b, true), '3x7x5 1x7x4', 'output only'],
    ['a batch that is broadcast along one axis', (a, b) => tf.matMul(a, b), '2x3x4x5 2x1x5x2', 'output only'],
  ],
  Cast: [
    ['to the same type', x => tf.cast(x, 'float32'), '3x4'],
    ['of nothing', x => tf.cast(x, 'float32'), '0x4'],
  ],
  Conv2D: convolutions,
  Conv2DBackpropFilter: convolutions,
  Conv2DBackpropInput: convolutions,
  Conv3DBackpropFilterV2: convolutions3d,
  Conv3DBackpropInputV2: convolutions3d,
  DepthwiseConv2dNative: depthwiseConvolutions,
  DepthwiseConv2dNativeBackpropFilter: depthwiseConvolutions,
  DepthwiseConv2dNativeBackpropInput: depthwiseConvolutions,
  FusedBatchNorm: [
    ['of images', batchNorm, '2x3x4x5 5 5 5 5'],
    ['of many rows', batchNorm, '600x8 8 8 8 8'],
    ['of a series', batchNorm, '7x3x17 17 17 17 17'],
    ['of no rows', batchNorm, '0x3 3 3 3 3'],
    // tfjs has no gradient of these.
    ['no offset', (x, m, v, scale) => tf.batchNorm(x, m, positive(v), undefined, scale), '7x6 6 6 6', 'output only'],
    ['no scale', (x, m, v, offset) => tf.batchNorm(x, m, positive(v), offset), '7x6 6 6 6', 'output only'],
    ['neither', (x, m, v) => tf.batchNorm(x, m, positive(v)), '7x3x6 6 6', 'output only'],
    ['a mean for each', (x, m, v) => tf.batchNorm(x, m, positive(v)), '2x3x2x3 2x3x2x3 2x3x2x3', 'output only'],
  ],
  FusedConv2D: [
    [
      'strides wider than the filter',
      (x, w, bias) => tf.fused.conv2d({x: x as T4, filter: w as T4, bias, ...sparse}),
      '2x6x6x3 1x3x3x4 4',
    ],
    ['no images', (x, w, bias) => tf.fused.conv2d({x: x as T4, filter: w as T4, bias, ...sparse}), '0x6x6x3 1x3x3x4 4'],
  ],
  FusedDepthwiseConv2D: [
    [
      'strides wider than the filter',
      (x, w, bias) => tf.fused.depthwiseConv2d({x: x as T4, filter: w as T4, bias, ...sparse}),
      '2x6x6x3 3x1x3x2 6',
    ],
    [
      'no images',
      (x, w, bias) => tf.fused.depthwiseConv2d({x: x as T4, filter: w as T4, bias, ...sparse}),
      '0x6x6x3 3x1x3x2 6',
    ],
  ],
  GatherV2: [
    ['rows', x => tf.gather(x, ints(2, 0, 0, 1)), '3x4x5'],
    ['along a middle axis', x => tf.gather(x, ints(2, 0, 1, 3), 1), '3x4x5'],
    ['along the last axis', x => tf.gather(x, ints(4, 0, 1, 1).reshape([2, 2]), -1), '3x4x5'],
    ['in batches', x => tf.gather(x, ints(2, 0, 1, 1, 0, 3).reshape([3, 2]), 1, 1), '3x4x5'],
    ['nothing', x => tf.gather(x, ints()), '3x4x5'],
    ['rows of nothing', x => tf.gather(x, ints(1, 1)), '3x0'],
  ],
  ClipByValue: [
    ['with a limit that is met', x => tf.clipByValue(x, -1, 0.5), '7x5'],
    ['of nothing', x => tf.clipByValue(x, -1, 0.5), '0x5'],
  ],
  Identity: [
    ['a clone', x => tf.clone(x), '3x4'],
    ['of nothing', x => tf.clone(x), '3x0'],
  ],
  MaxPool: maxPools,
  MaxPoolGrad: maxPools,
  MaxPool3D: maxPools3d,
  MaxPool3DGrad: maxPools3d,
  Mean: reductionsBy(tf.mean),
  Prelu: [
    ...['5', '1x5', '4x5', '3x4x5', '1', '4x1', '3x1x5', '3x1x1', '3x4x1'].map((alpha): Row => [
      `alpha of ${alpha}`,
      (x, a) => tf.prelu(x, a),
      `3x4x5 ${alpha}`,
    ]),
    ['of nothing', (x, a) => tf.prelu(x, a), '0x4 4'],
    ['of nothing, alpha shared', (x, a) => tf.prelu(x, a), '0x4x5 4x1'],
  ],
  Relu: [
    ['of a matrix', x => tf.relu(x), '7x5'],
    ['of nothing', x => tf.relu(x), '0x5'],
  ],
  _FusedMatMul: [
    ...[false, true].flatMap(transposeA =>
      [false, true].map((transposeB): Row => {
        const shapes = `${transposeA ? '3x2' : '2x3'} ${transposeB ? '4x3' : '3x4'} 4`;
        const op: Op = (a, b, bias) => tf.fused.matMul({a, b, bias, transposeA, transposeB});
        return [`transposed ${transposeA} and ${transposeB}`, op, shapes];
      }),
    ),
    ...fusedActivations.map((activation): Row => {
      const op: Op = (a, b, bias) => tf.fused.matMul({a, b, bias, activation, transposeB: true});
      return [`transposed, then ${activation}`, op, '2x3 4x3 4', 'output only'];
    }),
    ['a batch', (a, b, bias) => tf.fused.matMul({a, b, bias}), '3x2x4 3x4x5 5'],
    ['empty rows', (a, b, bias) => tf.fused.matMul({a, b, bias}), '2x0 0x3 3'],
    ['no rows', (a, b, bias) => tf.fused.matMul({a, b, bias}), '0x2 2x3 3'],
    [
      'prelu',
      (a, b, alpha) => tf.fused.matMul({a, b, transposeA: true, activation: 'prelu', preluActivationWeights: alpha}),
      '3x2 3x4 4',
      'output only',
    ],
  ],
  Slice: [
    ['in the middle of all axes', x => tf.slice(x, [1, 0, 2], [1, 3, 2]), '3x4x5'],
    ['whole inner axes', x => tf.slice(x, [1, 0, 0], [2, -1, -1]), '3x4x5'],
    ['a middle axis', x => tf.slice(x, [0, 1, 0], [-1, 2, -1]), '3x4x5'],
    ['the last axis', x => tf.slice(x, [0, 0, 3], [-1, -1, 1]), '3x4x5'],
    ['everything', x => tf.slice(x, [0, 0, 0]), '3x4x5'],
    ['nothing', x => tf.slice(x, [1, 2, 0], [0, 1, 5]), '3x4x5'],
    ['of nothing', x => tf.slice(x, [1, 0], [1, 0]), '3x0'],
    ['a vector', x => tf.slice(x, [7], [11]), '60'],
    ['five axes', x => tf.slice(x, [1, 0, 1, 0, 2], [2, 2, 1, 1, 2]), '3x2x2x1x5'],
  ],
  Softmax: [
    ['of rows', x => tf.softmax(x), '7x5'],
    ['of planes', x => tf.softmax(x), '3x4x5'],
    ['of no rows', x => tf.softmax(x), '0x5'],
  ],
  Sum: reductionsBy(tf.sum),
  UnsortedSegmentSum: [
    ['rows of equal id, and ids that are no segment', x => tf.unsortedSegmentSum(x, ints(1, 0, 1, -1, 3), 4), '5x3x2'],
    ['no rows', x => tf.unsortedSegmentSum(x, ints(), 2), '0x3'],
    ['rows of nothing', x => tf.unsortedSegmentSum(x, ints(1, 0), 2), '2x0'],
  ],
};

test('the table has all kernels and gradients of ours', async () => {
  const names = await on('wasm', () => tf.getKernelsForBackend('wasm').map(({kernelName}) => kernelName));
  const isOurs = (name: string) =>
    Symbol.for('tfjs-pruning.wasm-kernel') in tf.getKernel(name, 'wasm').kernelFunc ||
    Symbol.for('tfjs-pruning.wasm-gradient') in ((tf.getGradient(name) as tf.GradConfig | undefined)?.gradFunc ?? {});
  expect(Object.keys(rows).sort()).toEqual(names.filter(isOurs).sort());
});

describe.each(Object.entries(rows))('%s', (kernel, ofKernel) => {
  test.each(ofKernel)('%s', async (...[, op, shapes, compared]: Row) => {
    const styles = compared === 'no ties' ? ['normal', 'all negative', 'large'] : styleNames;
    const compare = compared === 'output only' ? expectSameOutput : expectSameAsCpu;
    expect(await runsOf(kernel, () => compare(op, shapes.split(' '), styles))).toBeGreaterThan(0);
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
    'expected padding smaller than the window of 2 x 2, got [2,2,2,2]; use less of it',
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

test('the gradient of nearest-neighbour upsampling, left as it is, since it is cpu that is wrong', async () => {
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
