import * as tf from '@tensorflow/tfjs';
import {coupledChannels, filters, inverted, magnitude, nOfM, prunable, scores, taylor} from 'tfjs-pruning';
import {pruneByThreshold} from '../../src/masks/prune-by-threshold.js';
import {setMask, wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const A = [4, -1, 0.5, -0.01, 0.02, 3, 0, -0.03];
const B = [1, 2, 3, 4];

function net(a = A): tf.Sequential {
  const layers = [
    tf.layers.dense({name: 'a', units: 4, inputShape: [2], weights: [tf.tensor2d(a, [2, 4]), tf.ones([4])]}),
    tf.layers.dense({name: 'b', units: 1, weights: [tf.tensor2d(B, [4, 1]), tf.ones([1])]}),
  ];
  return prunable(tf.sequential({layers}));
}

const weightOf = (model: tf.LayersModel, name: string) => wrapper(model, name).maskedWeights[0]!;
const maskOf = (model: tf.LayersModel, name: string) => [...weightOf(model, name).mask.read().dataSync()];

test('below a score: what reaches it stays', async () => {
  const model = net();
  const result = await pruneByThreshold(model, {below: 0.5, layers: 'a'});
  expect(maskOf(model, 'a')).toEqual([1, 1, 1, 0, 0, 1, 0, 0]);
  expect(result).toEqual({weights: 8, zeros: 4, sparsity: 0.5});
  expect([...weightOf(model, 'a').kernel.read().dataSync()].map(value => value + 0)).toEqual([
    4, -1, 0.5, 0, 0, 3, 0, 0,
  ]);
  expect(maskOf(model, 'b')).toEqual([1, 1, 1, 1]);
  expect(await pruneByThreshold(model, {below: 0.2})).toEqual({weights: 12, zeros: 4, sparsity: 1 / 3});
});

test('below a score that single precision does not know: what was made of the same number reaches it', async () => {
  const model = net(A.map(() => 0.7)); // in the kernel it is 0.699999988
  expect(await pruneByThreshold(model, {below: 0.7, layers: 'a'})).toMatchObject({zeros: 0});
});

test('below a score that nothing reaches: the best of each weight stays', async () => {
  const model = net();
  expect(await pruneByThreshold(model, {below: 100})).toMatchObject({weights: 12, zeros: 10});
  expect([maskOf(model, 'a').indexOf(1), maskOf(model, 'b').indexOf(1)]).toEqual([0, 3]);
});

test('below deviations of each layer, of what is there still', async () => {
  const model = net();
  // standard deviations: of a 1.61, of b sqrt(1.25) = 1.118
  await pruneByThreshold(model, {deviations: 1});
  expect(maskOf(model, 'a')).toEqual([1, 0, 0, 0, 0, 1, 0, 0]);
  expect(maskOf(model, 'b')).toEqual([0, 1, 1, 1]);
  // then of a: of 4 and 3 it is 0.5; of b: of 2, 3, 4 it is 0.816, and 2.5 times that 2.04
  await pruneByThreshold(model, {deviations: 2.5});
  expect(maskOf(model, 'a')).toEqual([1, 0, 0, 0, 0, 1, 0, 0]);
  expect(maskOf(model, 'b')).toEqual([0, 0, 1, 1]);
});

describe('by the gap', () => {
  test('zeros fall first, then what is smaller by orders', async () => {
    const model = net();
    expect(await pruneByThreshold(model, {gap: true, layers: 'a'})).toMatchObject({zeros: 1});
    const some = net(A.map(value => (value === 0 ? 0.001 : value)));
    // the ratios are 10, 2, 1.5, 16.7, 2, 3, 1.3
    await pruneByThreshold(some, {gap: true, layers: 'a'});
    expect(maskOf(some, 'a')).toEqual([1, 1, 1, 0, 0, 1, 0, 0]);
  });

  test('of gaps that are equally wide goes by the first', async () => {
    const model = net([1, 2, 4, 8, 8, 8, 8, 8]);
    expect(await pruneByThreshold(model, {gap: true, layers: 'a'})).toMatchObject({zeros: 1});
    expect(maskOf(model, 'a')).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('where all that is left is equal, what was masked still counts', async () => {
    const model = net(A.map(() => 3));
    setMask(weightOf(model, 'a'), i => (i < 3 ? 1 : 0));
    expect(await pruneByThreshold(model, {gap: true, layers: 'a'})).toMatchObject({weights: 8, zeros: 5});
  });

  test('goes by what is left, and takes nothing where all are equal', async () => {
    const model = net();
    setMask(weightOf(model, 'a'), i => (i < 3 ? 1 : 0));
    await pruneByThreshold(model, {gap: true, layers: 'a'}); // of 4, 1, 0.5 the largest ratio is 4
    expect(maskOf(model, 'a')).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    const even = net(A.map(() => -2));
    expect(await pruneByThreshold(even, {gap: true, layers: 'a'})).toMatchObject({zeros: 0});
  });
});

test('by the gap of what a structure does not protect', async () => {
  const model = net(A.map(value => (value === 0 ? 0.001 : value)));
  // of each two inputs the larger stays; the others are 0.001, 0.01, 0.02 and 1
  await pruneByThreshold(model, {gap: true, structure: nOfM(1, 2), layers: 'a'});
  expect(maskOf(model, 'a')).toEqual([1, 1, 1, 0, 0, 1, 0, 1]);
});

test('whole filters take their biases along; scores are means by the criterion', async () => {
  const model = net();
  const args = {structure: filters(), layers: 'a', criterion: magnitude({norm: 2})};
  // means of squares: (16 + .0004) / 2, (1 + 9) / 2, 0.125, 0.0005
  expect(await pruneByThreshold(model, {...args, below: 0.2})).toMatchObject({zeros: 4});
  expect(maskOf(model, 'a')).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  expect([...model.getLayer('a').getWeights()[1]!.dataSync()]).toEqual([1, 1, 0, 0]);
});

test('below a score groups may span several weights', async () => {
  const layers = [
    tf.layers.dense({name: 'a', units: 2, inputShape: [1], weights: [tf.tensor2d([5, 1], [1, 2]), tf.zeros([2])]}),
    tf.layers.dense({name: 'b', units: 1, weights: [tf.ones([2, 1]), tf.zeros([1])]}),
  ];
  const model = prunable(tf.sequential({layers}));
  await pruneByThreshold(model, {below: 2, structure: coupledChannels()});
  expect(maskOf(model, 'a')).toEqual([1, 0]);
});

test('what a structure protects stays, and leaks nothing', async () => {
  const model = net();
  await expectNoLeak(async () => {
    await pruneByThreshold(model, {below: 100, structure: nOfM(1, 2), layers: 'a'});
    await pruneByThreshold(model, {gap: true, structure: nOfM(1, 2), layers: 'a'});
    await pruneByThreshold(model, {deviations: 0.1, layers: 'a'});
  });
  expect(maskOf(model, 'a')).toEqual([1, 0, 1, 0, 0, 1, 0, 1].map((bit, i) => (i === 7 ? 0 : bit)));
});

test('says what is wrong, and changes nothing', async () => {
  const model = net();
  const failing: [unknown, string][] = [
    [{}, 'pruneByThreshold expects exactly one of `below`, `deviations`, `gap`, got none'],
    [{below: 1, gap: true}, 'got `below`, `gap`'],
    [{below: -1}, 'Expected `below` to be a number >= 0, got -1'],
    [
      {deviations: 1, structure: coupledChannels()},
      '`deviations` of pruneByThreshold expects a `structure` whose groups lie within',
    ],
    [{deviations: 0}, 'Expected `deviations` to be a number > 0, got 0'],
    [{gap: false}, 'Expected `gap` to be true, got false'],
    [{below: 1, sparsity: 0.5}, 'pruneByThreshold has no option `sparsity`'],
    [{below: 1, criterion: taylor()}, 'expects a criterion that sees weights, model, got one that sees gradients'],
    [{below: 1, criterion: scores({})}, 'Expected `scores` to hold a tensor'],
    [{below: 1, structure: 1}, 'Expected `structure` to be a function'],
    [{below: 1, layers: 'c'}, 'matches none'],
    [{gap: true, criterion: inverted(magnitude())}, 'Expected scores of "a/kernel" that are >= 0'],
    [undefined, 'pruneByThreshold expects an object'],
  ];
  for (const [args, message] of failing) await expect(pruneByThreshold(model, args as never)).rejects.toThrow(message);
  await expect(pruneByThreshold(tf.sequential(), {below: 1})).rejects.toThrow('has none');
  expect(maskOf(model, 'a')).toEqual(Array(8).fill(1));
});
