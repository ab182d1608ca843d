import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {expectSameAsCpu, expectSameOutput, on, sizes} from './against-cpu.js';

const ints = (...values: number[]) => tf.tensor1d(values, 'int32');

const ops: [string, Op][] = [
  ['slice in the middle of all axes', x => tf.slice(x, [1, 0, 2], [1, 3, 2])],
  ['slice of whole inner axes', x => tf.slice(x, [1, 0, 0], [2, -1, -1])],
  ['slice of a middle axis', x => tf.slice(x, [0, 1, 0], [-1, 2, -1])],
  ['slice of the last axis', x => tf.slice(x, [0, 0, 3], [-1, -1, 1])],
  ['slice of everything', x => tf.slice(x, [0, 0, 0])],
  ['slice of nothing', x => tf.slice(x, [1, 2, 0], [0, 1, 5])],
  ['slice of a vector', x => tf.slice(tf.reshape(x, [-1]), [7], [11])],
  ['slice of five axes', x => tf.slice(tf.reshape(x, [3, 2, 2, 1, 5]), [1, 0, 1, 0, 2], [2, 2, 1, 1, 2])],
  ['split', x => tf.split(x, [1, 3], 1)[1]!],
  ['gather of rows', x => tf.gather(x, ints(2, 0, 0, 1))],
  ['gather along a middle axis', x => tf.gather(x, ints(2, 0, 1, 3), 1)],
  [
    'gather along the last axis',
    x =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [4, 0],
            [1, 1],
          ],
          [2, 2],
          'int32',
        ),
        -1,
      ),
  ],
  [
    'gather in batches',
    x =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [2, 0],
            [1, 1],
            [0, 3],
          ],
          [3, 2],
          'int32',
        ),
        1,
        1,
      ),
  ],
  ['gather of nothing', x => tf.gather(x, tf.tensor1d([], 'int32'))],
  ['sum over the first axis', x => tf.sum(x, 0)],
  ['sum over the first axes, kept', x => tf.sum(x, [1, 0], true)],
  ['sum over negative axes', x => tf.sum(x, [-3, -2])],
  ['sum over all axes', x => tf.sum(x)],
  ['sum over inner axes', x => tf.sum(x, [1, 2])],
  ['sum over outer and inner axes', x => tf.sum(x, [0, 2])],
  ['mean over the first axes', x => tf.mean(x, [0, 1])],
  ['mean over the first axes, kept', x => tf.mean(x, [0, 1], true)],
  ['mean over all axes', x => tf.mean(x)],
  ['mean over inner axes', x => tf.mean(x, 2)],
  ['mean over outer and inner axes, kept', x => tf.mean(x, [0, 2], true)],
  ['mean over every other of five axes', x => tf.mean(tf.reshape(x, [3, 2, 2, 1, 5]), [0, 2, 4])],
  ['sum over axes of length 1', x => tf.sum(tf.reshape(x, [3, 1, 20, 1]), [1, 3])],
  ['clone', x => tf.clone(x)],
  ['cast to the same type', x => tf.cast(x, 'float32')],
  ['relu', x => tf.relu(x)],
  ['clipByValue with a limit that is met', x => tf.clipByValue(x, -1, 0.5)],
  ['softmax', x => tf.softmax(x)],
];

test.each(ops)('%s', async (_, op) => {
  await expectSameAsCpu(op, ['3x4x5']);
});

const alphaShapes = ['5', '1x5', '4x5', '3x4x5', '1', '4x1', '3x1x5', '3x1x1', '3x4x1'];

test.each(alphaShapes)('prelu with alpha of %s', async shape => {
  await expectSameOutput((x, alpha) => tf.prelu(x, alpha), ['3x4x5', shape]);
});

const transposed = [false, true].flatMap(a => [false, true].map(b => [a, b] as const));

test.each(transposed)('matMul, transposed %s and %s', async (transposeA, transposeB) => {
  const op: Op = (a, b) => tf.matMul(a, b, transposeA, transposeB);
  for (const batch of ['', '1x', '3x']) {
    for (const [rows, inner, columns] of ['5x7x4', '1x60x9', '40x3x50', '2x1x2', '3x0x4', '0x3x4'].map(sizes)) {
      const a = transposeA ? `${inner}x${rows}` : `${rows}x${inner}`;
      const b = transposeB ? `${columns}x${inner}` : `${inner}x${columns}`;
      await expectSameAsCpu(op, [batch + a, batch + b], ['normal', 'large']);
    }
  }
});

// tfjs has no right gradient of this.
test('matMul with a batch on one side only', async () => {
  await expectSameOutput((a, b) => tf.matMul(a, b, true), ['3x7x5', '1x7x4']);
});

test('unsortedSegmentSum adds up rows of equal id and leaves out ids that are no segment', async () => {
  const rows = () => tf.range(1, 11).reshape([5, 2]); // [1, 2], [3, 4], [5, 6], [7, 8], [9, 10]
  const sums = () => tf.unsortedSegmentSum(rows(), ints(1, 0, 1, -1, 4), 4);
  expect(Array.from((await on('wasm', sums)).dataSync())).toEqual([3, 4, 1 + 5, 2 + 6, 0, 0, 0, 0]);
  await expectSameAsCpu(x => tf.unsortedSegmentSum(x, ints(1, 0, 1, -1), 3), ['4x3x2']);
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
