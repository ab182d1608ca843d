import * as tf from '@tensorflow/tfjs';
import {magnitude} from '../../src/criteria/magnitude.js';
import {score} from '../support/layouts.js';

test('the score of a weight is its absolute value', () => {
  const weight = tf.tensor2d([
    [-3, 2, 0],
    [-0.5, 1e-30, -Infinity],
  ]);
  const scores = score(magnitude(), weight);
  expect(scores.shape).toEqual([2, 3]);
  expect(Array.from(scores.dataSync())).toEqual(Array.from(Float32Array.of(3, 2, 0, 0.5, 1e-30, Infinity)));
  tf.dispose([weight, scores]);
});

test('makes one tensor, and leaves the weight alone', () => {
  const before = tf.memory().numTensors;
  const weight = tf.tensor1d([-1, 2]);
  const scores = score(magnitude(), weight);
  expect(tf.memory().numTensors).toBe(before + 2);
  expect(Array.from(weight.dataSync())).toEqual([-1, 2]);
  tf.dispose([weight, scores]);
  expect(tf.memory().numTensors).toBe(before);
});

test('a NaN stays one, for updateMasks to name', () => {
  const scores = tf.tidy(() => score(magnitude(), tf.tensor1d([NaN, -1])));
  expect(Array.from(scores.dataSync())).toEqual([NaN, 1]);
  scores.dispose();
});
