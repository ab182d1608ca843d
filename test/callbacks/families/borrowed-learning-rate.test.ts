import * as tf from '@tensorflow/tfjs';
import {BorrowedLearningRate} from '../../../callbacks/families/borrowed-learning-rate.js';
import {learningRateOf, setLearningRate} from '../../../src/optimizers/learning-rate.js';

test('sets a rate, and gives the one of before back, once', () => {
  const [optimizer, rate] = [tf.train.sgd(0.5), new BorrowedLearningRate()];
  rate.set(optimizer, 0.1);
  rate.set(optimizer, 0.2);
  expect(learningRateOf(optimizer)).toBe(0.2);
  rate.giveBack(optimizer);
  expect(learningRateOf(optimizer)).toBe(0.5);
  setLearningRate(optimizer, 0.2);
  rate.giveBack(optimizer);
  expect(learningRateOf(optimizer)).toBe(0.2);
});

test('leaves a rate that someone else has set since', () => {
  const [optimizer, rate] = [tf.train.sgd(0.5), new BorrowedLearningRate()];
  rate.set(optimizer, 0.1);
  setLearningRate(optimizer, 0.3);
  rate.giveBack(optimizer);
  expect(learningRateOf(optimizer)).toBe(0.3);
});

test('another one gives back what was borrowed before a restart', () => {
  const [rate, resumed] = [new BorrowedLearningRate(), new BorrowedLearningRate()];
  rate.set(tf.train.sgd(0.5), 0.1);
  resumed.restore(rate.state());
  expect(resumed.state()).toEqual({json: {ownRate: 0.5, setRate: 0.1}, tensors: {}});
  const optimizer = tf.train.sgd(0.1); // which has the rate of the backup
  resumed.set(optimizer, 0.2);
  resumed.giveBack(optimizer);
  expect(learningRateOf(optimizer)).toBe(0.5);
});

test('reset forgets what was restored, but not what is still to be given back', () => {
  const [optimizer, rate] = [tf.train.sgd(0.5), new BorrowedLearningRate()];
  rate.restore({json: {ownRate: 9, setRate: 0.1}, tensors: {}});
  rate.reset();
  expect(rate.state().json).toEqual({ownRate: null, setRate: null});
  rate.set(optimizer, 0.1);
  rate.reset();
  rate.giveBack(optimizer);
  expect(learningRateOf(optimizer)).toBe(0.5);
});
