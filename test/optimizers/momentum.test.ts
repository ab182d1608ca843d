import * as tf from '@tensorflow/tfjs';
import {momentumOf} from '../../src/optimizers/momentum.js';

const slot = (name: string, ...values: number[]) => ({name, variable: tf.variable(tf.tensor1d(values)), initial: 0});

test('is the momentum, where the optimizer has one', () => {
  const slots = [slot('rms', 9, 9), slot('momentum', 1, -2)];
  const momentum = momentumOf(tf.train.rmsprop(0.1, 0.9, 0.5), slots)!;
  expect([...momentum.dataSync()]).toEqual([1, -2]);
  momentum.dispose();
  expect([...slots[1]!.variable.dataSync()]).toEqual([1, -2]);
});

test('is of Adam the mean gradient over the root of the mean square, of Adamax over the largest', () => {
  const slots = [slot('m', 1, -2, 0), slot('v', 4, 16, 0)];
  expect([...momentumOf(tf.train.adam(0.1), slots)!.dataSync()]).toEqual([0.5, -0.5, 0]);
  expect([...momentumOf(tf.train.adamax(0.1), slots)!.dataSync()]).toEqual([0.25, -0.125, 0]);
});

test('is nothing where the optimizer remembers no direction', () => {
  expect(momentumOf(tf.train.sgd(0.1), [])).toBeUndefined();
  expect(momentumOf(tf.train.adagrad(0.1), [slot('accumulator', 1)])).toBeUndefined();
});
