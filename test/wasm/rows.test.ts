import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {expectSameAsCpu, expectSameOutput, on} from './against-cpu.js';

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
  ['gather along the last axis', x => tf.gather(x, tf.tensor2d([[4, 0], [1, 1]], [2, 2], 'int32'), -1)],
  ['gather in batches', x => tf.gather(x, tf.tensor2d([[2, 0], [1, 1], [0, 3]], [3, 2], 'int32'), 1, 1)],
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
  ['clone', x => tf.clone(x)],
  ['cast to the same type', x => tf.cast(x, 'float32')],
  ['relu', x => tf.relu(x)],
]; // prettier-ignore

test.each(ops)('%s', async (_, op) => {
  await expectSameAsCpu(op, [[3, 4, 5]]);
});

const alphaShapes = [[5], [1, 5], [4, 5], [3, 4, 5], [1], [4, 1], [3, 1, 5], [3, 1, 1], [3, 4, 1]]; // prettier-ignore

test.each(alphaShapes.map(shape => [shape.join(' x '), shape] as const))('prelu with alpha of %s', async (_, shape) => {
  await expectSameOutput((x, alpha) => tf.prelu(x!, alpha!), [[3, 4, 5], [...shape]]); // prettier-ignore
});

test.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])('matMul, transposed %s and %s', async (transposeA, transposeB) => {
  const op: Op = (a, b) => tf.matMul(a!, b!, transposeA, transposeB);
  const shaped = (batch: number[], rows: number, columns: number, transposed: boolean) =>
    [...batch, ...(transposed ? [columns, rows] : [rows, columns])]; // prettier-ignore
  const sizes = [[5, 7, 4], [1, 60, 9], [40, 3, 50], [2, 1, 2], [3, 0, 4], [0, 3, 4]] as const; // prettier-ignore
  for (const [rows, inner, columns] of sizes) {
    for (const batch of [[], [1], [3]]) {
      const shapes = [shaped(batch, rows, inner, transposeA), shaped(batch, inner, columns, transposeB)];
      await expectSameAsCpu(op, shapes, ['normal', 'large']);
    }
  }
});

// tfjs has no right gradient of this.
test('matMul with a batch on one side only', async () => {
  await expectSameOutput((a, b) => tf.matMul(a!, b!, true), [[3, 7, 5], [1, 7, 4]]); // prettier-ignore
});

test('unsortedSegmentSum adds up rows of equal id and leaves out ids that are no segment', async () => {
  const sums = () => tf.unsortedSegmentSum(tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8], [9, 9]]), ints(1, 0, 1, -1, 4), 4); // prettier-ignore
  expect(await (await on('wasm', sums)).array()).toEqual([[3, 4], [6, 8], [0, 0], [0, 0]]); // prettier-ignore
  await expectSameAsCpu(x => tf.unsortedSegmentSum(x, ints(1, 0, 1, -1), 3), [[4, 3, 2]]); // prettier-ignore
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
