import * as tf from '@tensorflow/tfjs';
import {top1, top5} from 'tfjs-pruning/study';

/** A net that returns what it gets. */
const same = (inputShape: number[]) =>
  tf.sequential({layers: [tf.layers.activation({activation: 'linear', inputShape})]});

async function percent(metric: ReturnType<typeof top1>, outputs: tf.Tensor, ys: tf.Tensor): Promise<number> {
  const model = same(outputs.shape.slice(1));
  return metric.measure(model, {xs: outputs, ys}, {} as never);
}

const oneHot = (classes: number[], count: number) => tf.oneHot(tf.tensor1d(classes, 'int32'), count).toFloat();

const SCORES = [
  [0.7, 0.2, 0.1],
  [0.1, 0.2, 0.7],
  [0.3, 0.4, 0.3],
  [0.6, 0.3, 0.1],
];

test('classes in ones and zeros, or by their numbers: 3 of 4 are right', async () => {
  const outputs = tf.tensor2d(SCORES);
  const classes = [0, 2, 1, 1];
  expect(await percent(top1(), outputs, oneHot(classes, 3))).toBe(75);
  expect(await percent(top1(), outputs, tf.tensor2d(classes, [4, 1]))).toBe(75);
  expect(await percent(top1(), outputs, tf.tensor1d(classes))).toBe(75);
  expect(await percent(top1(), outputs, tf.tensor1d(classes, 'int32'))).toBe(75);
});

test('one output is the probability of the second of two classes', async () => {
  const outputs = tf.tensor2d([[0.9], [0.2], [0.6], [0.4]]);
  expect(await percent(top1(), outputs, tf.tensor2d([[1], [0], [0], [1]]))).toBe(50);
  expect(await percent(top1(), outputs, tf.tensor2d([[1], [0], [1], [0]]))).toBe(100);
});

test('of sequences each position counts', async () => {
  const outputs = tf.tensor3d([SCORES.slice(0, 2), SCORES.slice(2)]);
  const classes = tf.tensor2d([[0, 2], [1, 1]]); // prettier-ignore
  expect(await percent(top1(), outputs, oneHot([0, 2, 1, 1], 3).reshape([2, 2, 3]))).toBe(75);
  expect(await percent(top1(), outputs, classes)).toBe(75);
});

test('five of seven classes', async () => {
  const outputs = tf.tensor2d([
    [7, 6, 5, 4, 3, 2, 1],
    [7, 6, 5, 4, 3, 2, 1],
  ]);
  expect(await percent(top5(), outputs, tf.tensor1d([4, 5]))).toBe(50);
});

test('targets of another shape and several outputs are refused', async () => {
  const outputs = tf.tensor2d(SCORES);
  await expect(percent(top1(), outputs, tf.zeros([4, 2]))).rejects.toThrow(
    new RangeError(
      'top1() expects targets of the shape of the outputs, [4,3], or the number of a class for each, [4], got [4,2]',
    ),
  );
  const x = tf.input({shape: [3]});
  const both = [tf.layers.reLU().apply(x), tf.layers.reLU().apply(x)] as tf.SymbolicTensor[];
  const two = tf.model({inputs: x, outputs: both});
  await expect(top1().measure(two, {xs: outputs, ys: outputs}, {} as never)).rejects.toThrow(
    'a net of one output, got one of 2',
  );
});
