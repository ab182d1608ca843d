import * as tf from '@tensorflow/tfjs';
import {dataSet, method, net, type StudyData, type Training} from 'tfjs-pruning/study';
import {mlp} from './support.js';

const gone = tf.tensor2d([[1]]);
gone.dispose();
const rows = (count: number) => tf.zeros([count, 2]);
const pair = (xs: unknown = rows(3), ys: unknown = rows(3)) => ({xs, ys});
const made = () => mlp.make({seed: 1, inputShape: [2], inputShapes: [[2]], outputShape: [3]});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'tensors, got undefined as train.xs'],
  ['x and y', {train: {x: rows(3), y: rows(3)}, test: pair()}, 'tensors, got undefined as train.xs'],
  ['arrays', {train: pair([[1]], [[1]]), test: pair()}, 'tensors, got an Array as train.xs'],
  ['an empty list', {train: pair([]), test: pair()}, 'tensors, got an Array as train.xs'],
  ['no targets', {train: pair(), test: {xs: rows(3)}}, 'tensors, got undefined as test.ys'],
  ['disposed tensors', {train: pair(), test: pair(gone)}, 'new tensors at each call, which the study disposes; got a'],
  ['other numbers of rows', {train: pair(rows(4)), test: pair()}, 'a row for each example, got 4 and 3 rows in train'],
  ['no rows', {train: pair(), test: pair(rows(0), rows(0))}, 'a row for each example, got 0 rows in test'],
])('a data set that loads %s is refused by name', async (_, data, message) => {
  const start = 'Expected `load` of data set "mine" to return {train: {xs, ys}, test: {xs, ys}} with ';
  await expect(dataSet({name: 'mine', version: 1, load: () => data as StudyData}).load()).rejects.toThrow(
    start + message,
  );
});

test('a data set that loads tensors, and lists of inputs, is taken as it is', async () => {
  const data = {train: pair(), test: pair([rows(3), rows(3)])} as StudyData;
  expect(await dataSet({name: 'mine', version: 1, load: () => data}).load()).toBe(data);
});

test('a net that makes no model, or one that was disposed, is refused by name', () => {
  const make = (model: tf.LayersModel) => () => net({name: 'mine', version: 1, make: () => model}).make({} as never);
  expect(make(undefined as never)).toThrow('Expected `make` of net "mine" to return a model, got undefined');
  const model = made();
  model.dispose();
  expect(make(model)).toThrow('net "mine" expects a model that has its weights');
});

test.each<[string, () => unknown, string]>([
  ['nothing', () => undefined, 'undefined'],
  ['the model alone', made, 'a Sequential'],
  ['no callbacks', () => ({model: made()}), 'undefined as callbacks'],
  ['a callback that is no list', () => ({model: made(), callbacks: {}}), 'an Object as callbacks'],
])('a method that returns %s is refused by name', async (_, returned, got) => {
  const message = `Expected method "mine" to return {model, callbacks: [...]}, got ${got}`;
  const work = () => returned() as Training;
  await expect(method({name: 'mine', version: 1, train: work}).train!({} as never)).rejects.toThrow(message);
  await expect(method({name: 'mine', version: 1, prune: work}).prune!({} as never)).rejects.toThrow(message);
});
