/** What a criterion goes by is gathered in one place, and nothing of it is left behind. */
import * as tf from '@tensorflow/tfjs';
import {magnitude, prunable, taylor, wanda, type Criterion, type ModelCriterion} from 'tfjs-pruning';
import type {Evidence} from '../../src/passes/evidence.js';
import {withEvidence} from '../../src/passes/with-evidence.js';
import {wrapper} from '../support/masks.js';
import {expectNoLeak} from '../support/tensors.js';

const model = prunable(
  tf.sequential({layers: [tf.layers.dense({name: 'd', units: 2, inputShape: [2], kernelInitializer: 'ones'})]}),
);
const weights = wrapper(model, 'd').maskedWeights;
const scene = {model, weights};
const xs = tf.tensor2d([[1, 2]]);
const data = {xs, ys: tf.tensor2d([[2, 4]])};

/** What is gathered of the one weight, while it lives. */
const gathered = (criterion: Criterion, source: Parameters<typeof withEvidence>[2] = {}) =>
  withEvidence(criterion, scene, source, evidence =>
    Promise.resolve([...evidence.values()].map(tensor => [...tensor.dataSync()])),
  );

const measuring = (measured: unknown): ModelCriterion => ({
  sees: 'model',
  measure: () => Promise.resolve(measured as tf.Tensor[]),
  score: (_weight, seen) => seen,
});

test.each<[string, () => Criterion, number[][]]>([
  ['nothing for a criterion of the weights', () => magnitude(), []],
  // outputs 3 and 3, the mean of squares has the gradients (3 - 2) x and (3 - 4) x
  ['the sums for one of gradients', () => taylor(), [[1, -1, 2, -2]]],
  ['the sums for one of inputs', () => wanda(), [[1, 4]]],
  ['what one of the model measures', () => measuring([tf.tensor1d([7])]), [[7]]],
])('%s', async (_, make, expected) => {
  await expectNoLeak(async () => expect(await gathered(make(), {data, loss: 'meanSquaredError'})).toEqual(expected));
});

test('what is gathered already goes first, and stays', async () => {
  const own: Evidence = new Map([[weights[0]!, tf.tensor1d([5])]]);
  const measure = jest.fn();
  for (const criterion of [taylor(), wanda(), {...measuring([]), measure}]) {
    expect(await gathered(criterion, {gathered: own})).toEqual([[5]]);
  }
  expect(measure).not.toHaveBeenCalled();
});

test('without weights nothing runs', async () => {
  const none = await withEvidence(taylor(), {model, weights: []}, {}, evidence => Promise.resolve(evidence.size));
  expect(none).toBe(0);
});

test.each([
  ['nothing', undefined],
  ['too few tensors', []],
  ['a number', [3]],
])('a criterion that measures %s is refused, with the name of the weight', async (_, measured) => {
  await expect(gathered(measuring(measured))).rejects.toThrow(
    /Expected the criterion to measure a tensor for each of 1 weights, got .* for "d\/kernel"/,
  );
});

test('an action that fails leaves nothing behind', async () => {
  for (const make of [() => measuring([tf.zeros([1])]), () => wanda()]) {
    await expectNoLeak(async () => {
      const failing = withEvidence(make(), scene, {data: {xs}}, () => Promise.reject(new Error('mine')));
      await expect(failing).rejects.toThrow('mine');
    });
  }
});
