import * as tf from '@tensorflow/tfjs';
import type {Op} from './against-cpu.js';
import {expectSameAsCpu, expectSameOutput, on} from './against-cpu.js';

const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.5);

test.each([
  ['2x3x4x5', '5'],
  ['600x8', '8'],
  ['7x3x17', '17'],
])('batchNorm of %s', async (shape, vector) => {
  const op: Op = (x, mean, variance, offset, scale) => tf.batchNorm(x, mean, positive(variance), offset, scale);
  await expectSameAsCpu(op, [shape, vector, vector, vector, vector]);
});

// tfjs has no gradient of these.
test.each(['offset', 'scale', 'neither'])('the output of batchNorm with %s only', async given => {
  const op: Op = (x, mean, variance, vector) =>
    tf.batchNorm(
      x,
      mean,
      positive(variance),
      given === 'offset' ? vector : undefined,
      given === 'scale' ? vector : undefined,
    );
  await expectSameOutput(op, ['7x3x6', '6', '6', '6']);
});

test('the output of batchNorm with a mean for each number', async () => {
  const op: Op = (x, mean, variance) => tf.batchNorm(x, mean, positive(variance));
  await expectSameOutput(op, ['2x3x2x3', '2x3x2x3', '2x3x2x3']);
});

const twice: [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['relu', x => tf.mul(tf.relu(x), tf.square(x))],
  ['softmax', x => tf.square(tf.softmax(x))],
  ['sum', x => tf.square(tf.sum(tf.square(x), 0))],
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
