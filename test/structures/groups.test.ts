import * as tf from '@tensorflow/tfjs';
import {
  blocks,
  channels,
  filters,
  inputBlocks,
  kernelColumns,
  kernelRows,
  kernels,
  nOfM,
  outputBlocks,
  shifts,
  slices,
  type WeightLayout,
  type WeightStructure,
} from 'tfjs-pruning';
import {layout} from '../support/layouts.js';

/** Which group each weight is in, found out by keeping one group after the other. */
function groupsOf(structure: WeightStructure, about: WeightLayout): number[] {
  const size = tf.util.sizeFromShape([...about.shape]);
  const count = structure.pool(new Float32Array(size), about).length;
  const groups = new Array<number>(size).fill(-1);
  for (let group = 0; group < count; group++) {
    const kept = Uint8Array.from({length: count}, (_, g) => (g === group ? 1 : 0));
    structure.spread(kept, about).forEach((value, i) => {
      if (value === 1) groups[i] = group;
    });
  }
  return groups;
}

const dense = layout([3, 4]);
/** Height 2, width 2, 1 input, 3 outputs. */
const conv = layout([2, 2, 1, 3]);
const lstm = layout([2, 8], {gates: 4});

test.each<[string, WeightStructure, WeightLayout, number[]]>([
  ['filters of Dense', filters(), dense, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]],
  ['channels of Dense', channels(), dense, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]],
  ['filters of Conv2D', filters(), conv, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]],
  ['channels of Conv2D', channels(), layout([1, 2, 2, 2]), [0, 0, 1, 1, 0, 0, 1, 1]],
  [
    'filters of Conv2DTranspose',
    filters(),
    layout([1, 2, 2, 2], {inputAxes: [3], outputAxes: [2]}),
    [0, 0, 1, 1, 0, 0, 1, 1],
  ],
  ['filters of DepthwiseConv2D', filters(), layout([2, 1, 2, 2], {outputAxes: [2, 3]}), [0, 1, 2, 3, 0, 1, 2, 3]],
  ['filters of LSTM', filters(), lstm, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]],
  ['channels of LSTM', channels(), lstm, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]],
  ['kernels', kernels(), layout([2, 1, 2, 2]), [0, 1, 2, 3, 0, 1, 2, 3]],
  ['kernels of Conv1D', kernels(), layout([2, 1, 2]), [0, 1, 0, 1]],
  ['rows of kernels', kernelRows(), layout([2, 2, 1, 2]), [0, 1, 0, 1, 2, 3, 2, 3]],
  [
    'rows of kernels of ConvLSTM2D',
    kernelRows(),
    layout([2, 2, 1, 4], {gates: 4}),
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
  ],
  ['columns of kernels', kernelColumns(), layout([2, 2, 1, 2]), [0, 1, 2, 3, 0, 1, 2, 3]],
  ['slices', slices(0), conv, [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]],
  ['slices from the end', slices(-3), layout([2, 2, 2]), [0, 0, 0, 0, 1, 1, 1, 1]],
  ['blocks with ragged edges', blocks([2, 3]), dense, [0, 0, 0, 1, 0, 0, 0, 1, 2, 2, 2, 3]],
  ['blocks over all rows', blocks([Infinity, 2]), dense, [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]],
  ['blocks of a convolution', blocks([2, 1]), layout([1, 2, 2, 1]), [0, 0, 1, 1]],
  ['blocks of inputs', inputBlocks(2), dense, [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7]],
  ['blocks of inputs at each position', inputBlocks(4), layout([1, 2, 5, 1]), [0, 0, 0, 0, 1, 2, 2, 2, 2, 3]],
  ['blocks of outputs', outputBlocks(2), conv, [0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]],
])('%s', (_, structure, about, groups) => {
  expect(groupsOf(structure, about)).toEqual(groups);
});

const scores = Float32Array.of(1, 4, 2, 8, 3, 6, 5, 7, 9, 0, 11, 10);

test.each<[string, WeightStructure, number[]]>([
  ['the mean by default', filters(), [13 / 3, 10 / 3, 6, 25 / 3]],
  ['the sum', filters({reduction: 'sum'}), [13, 10, 18, 25]],
  ['the maximum', filters({reduction: 'max'}), [9, 6, 11, 10]],
  ['the average of a ragged block is over what it has', blocks([2, 3]), [21 / 6, 7.5, 20 / 3, 10]],
  ['the maximum of a block', blocks([2, 3], {pooling: 'max'}), [6, 8, 11, 10]],
])('a group is worth %s', (_, structure, worth) => {
  expect(Array.from(structure.pool(scores, dense))).toEqual(worth.map(Math.fround));
});

test('the criterion says how to put scores together, unless the structure does', () => {
  expect(Array.from(channels().pool(scores, dense, 'max'))).toEqual([8, 7, 11]);
  expect(Array.from(channels({reduction: 'sum'}).pool(scores, dense, 'max'))).toEqual([15, 21, 30]);
});

test('gone weights count as 0, and a group of nothing else is gone', () => {
  const some = Float32Array.of(-Infinity, 2, -Infinity, -Infinity);
  const about = layout([2, 2]);
  expect(Array.from(channels({reduction: 'mean'}).pool(some, about))).toEqual([1, -Infinity]);
  expect(Array.from(channels({reduction: 'max'}).pool(some, about))).toEqual([2, -Infinity]);
});

test('the maximum of negative scores is the one that is nearest to zero', () => {
  expect(Array.from(filters({reduction: 'max'}).pool(Float32Array.of(-3, -5, -1, -7), layout([2, 2])))).toEqual([
    -1, -5,
  ]);
});

test('n of m protects the best of each block along the inputs, the lower index among equals', () => {
  const column = Float32Array.of(1, 5, 3, 3, 0, 0, 0, 0);
  const expected = [1, Infinity, Infinity, 3, Infinity, Infinity, 0, 0];
  expect(Array.from(nOfM(2, 4).pool(column, layout([8, 1])))).toEqual(expected);
  const convolution = layout([1, 1, 4, 2]);
  const both = Float32Array.of(1, 8, 2, 7, 3, 6, 4, 5);
  expect(Array.from(nOfM(3, 4).pool(both, convolution))).toEqual([1, Infinity, 2, 7, 3, 6, Infinity, 5]);
});

test('n of m counts what is gone among the worst', () => {
  expect(Array.from(nOfM(2, 4).pool(Float32Array.of(-1, -Infinity, -2, -3), layout([4, 1])))).toEqual([
    Infinity,
    -Infinity,
    Infinity,
    -3,
  ]);
});

test('n of m leaves NaN where it is, to be refused', () => {
  expect(Array.from(nOfM(1, 2).pool(Float32Array.of(1, NaN, NaN, 1), layout([4, 1])))).toEqual([
    Infinity,
    NaN,
    NaN,
    Infinity,
  ]);
});

test('shifts protect the best of each window', () => {
  const about = layout([2, 2, 1, 2]);
  const windows = Float32Array.of(1, 9, 2, 8, 4, 7, 3, 6);
  expect(Array.from(shifts().pool(windows, about))).toEqual([1, Infinity, 2, 8, Infinity, 7, 3, 6]);
});

test('shared shifts protect the best place of each input channel, over all outputs', () => {
  // Two places, two input channels, two outputs.
  const about = layout([2, 1, 2, 2]);
  const scores = Float32Array.of(1, 9, 2, 3, 4, 7, 6, 0);
  expect(Array.from(shifts({shared: true}).pool(scores, about))).toEqual([5, 2.5, Infinity, Infinity]);
  expect(Array.from(shifts({shared: true}).pool(scores, about, 'max'))).toEqual([Infinity, 3, 7, Infinity]);
  const mask = shifts({shared: true}).spread(Uint8Array.of(1, 0, 0, 1), about);
  expect(Array.from(mask)).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
  expect(() => shifts({shared: 1 as never})).toThrow('Expected `shared` to be true or false, got 1 (number)');
  expect(() => shifts({share: true} as never)).toThrow('shifts has no option `share`; its options are shared');
});

test.each<[string, WeightStructure, WeightLayout, RegExp]>([
  ['kernels', kernels(), dense, /^kernels\(\) expects convolutions, but "layer\/kernel" has the shape \[3,4\]/],
  [
    'kernelRows',
    kernelRows(),
    layout([3, 1, 1]),
    /^kernelRows\(\) expects convolutions with 2 spatial axes, .* with 1;/,
  ],
  ['kernelColumns', kernelColumns(), dense, /with 2 spatial axes/],
  ['shifts', shifts(), dense, /^shifts\(\) expects convolutions/],
  ['shared shifts', shifts({shared: true}), dense, /^shifts\(\) expects convolutions/],
  ['nOfM', nOfM(2, 4), layout([6, 2]), /expects a number of inputs that 4 divides, .* of shape \[6,2\] has 6;/],
  [
    'depthwise nOfM',
    nOfM(1, 2),
    layout([2, 2, 2, 1], {outputAxes: [2, 3]}),
    /weights of layers that sum over their inputs/,
  ],
  ['nOfM of a vector', nOfM(1, 2), layout([4], {inputAxes: [], outputAxes: [0]}), /that sum over their inputs/],
  [
    'slices',
    slices(2),
    dense,
    /^slices\(2\) expects weights with such an axis, but "layer\/kernel" has the shape \[3,4\]/,
  ],
  ['slices', slices(-3), dense, /^slices\(-3\) expects/],
])('%s refuses by name what it can not group', (_, structure, about, message) => {
  expect(() => structure.pool(new Float32Array(tf.util.sizeFromShape([...about.shape])), about)).toThrow(RangeError);
  expect(() => structure.pool(new Float32Array(tf.util.sizeFromShape([...about.shape])), about)).toThrow(message);
});

test.each<[() => unknown, RegExp]>([
  [() => filters({reduction: 'median' as never}), /`reduction` to be one of sum, mean, max, got "median"/],
  [() => filters({axis: 1} as never), /axis/],
  [() => slices(0.5), /`axis` to be a whole number/],
  [() => slices('in' as never), /`axis` to be a whole number, got "in"/],
  [() => blocks(4 as never), /`size` of blocks to be \[height, width\], got 4/],
  [() => blocks([1] as never), /`size` of blocks to be \[height, width\]/],
  [() => blocks([1, 2, 3] as never), /`size` of blocks to be \[height, width\]/],
  [() => blocks([1, 0]), /`size\[1\]` to be a whole number >= 1 or Infinity, got 0/],
  [() => blocks([1, 2], {pooling: 'average' as never}), /`pooling` to be one of mean, max/],
  [() => inputBlocks(0), /`n` to be a whole number >= 1, got 0/],
  [() => outputBlocks(0), /`n` to be a whole number >= 1, got 0/],
  [() => nOfM(4, 4), /`n` to be smaller than m = 4, got 4/],
  [() => nOfM(1, 1), /`m` to be a whole number >= 2, got 1/],
  [() => nOfM(0, 4), /`n` to be a whole number >= 1/],
])('bad arguments are refused', (make, message) => {
  expect(make).toThrow(message);
});
