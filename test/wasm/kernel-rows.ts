import * as tf from '@tensorflow/tfjs';
import {expectSameAsCpu, expectSameOutput, runsOf, styleNames, type Op} from './against-cpu.js';

type T4 = tf.Tensor4D;
type T5 = tf.Tensor5D;

/**
 * What is compared with cpu, for all styles of input and both kinds of kernels: the output and all gradients of a
 * function of inputs of these shapes; 'output only' where tfjs has no gradient, or none that is right, and 'no ties'
 * where the gradient of cpu is wrong for equal numbers (see max-pool.test.ts).
 */
export type Row = [what: string, op: Op, shapes: string, compared?: 'output only' | 'no ties'];

export const ints = (...values: number[]) => tf.tensor1d(values, 'int32');
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
export const rows: Record<string, Row[]> = {
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

/** Compares one of them with cpu, in styles that it allows; tells how often the kernel was run. */
export function runsAgainstCpu(kernel: string, [, op, shapes, compared]: Row, styles = styleNames): Promise<number> {
  const allowed = compared === 'no ties' ? styles.filter(style => !['ties', 'zeros'].includes(style)) : styles;
  const compare = compared === 'output only' ? expectSameOutput : expectSameAsCpu;
  return runsOf(kernel, () => compare(op, shapes.split(' '), allowed));
}
