/** Bad criteria are refused before anything is changed, by an error that says what to write. */
import * as tf from '@tensorflow/tfjs';
import {
  GradualPruning,
  grasp,
  inverted,
  oneShot,
  planChannelPruning,
  prunable,
  pruneOnce,
  snip,
  synFlow,
  TargetedDropout,
  wanda,
  type Criterion,
} from 'tfjs-pruning';
import {expectCriterion, expectSees} from '../../src/criteria/expect-criterion.js';

const score = (weight: tf.Tensor) => tf.abs(weight);
const observe = (seen: tf.Tensor) => seen;
const measure = () => Promise.resolve([]);

test.each<[string, object, string]>([
  [
    'that does not say that it observes gradients',
    {observe, score},
    "got 'weights'; write `sees: 'gradients'` or `sees: 'curvature'` or `sees: 'inputs'`",
  ],
  ['that does not say that it measures', {measure, score}, "to say what it sees, got 'weights'; write `sees: 'model'`"],
  ['of gradients that measures', {sees: 'gradients', observe, measure, score}, "write `sees: 'model'`"],
  ['of the model that observes', {sees: 'model', observe, measure, score}, "got 'model'; write `sees: 'gradients'"],
  [
    'of something unknown',
    {sees: 'loss', score},
    '`criterion.sees` to be one of weights, gradients, curvature, inputs, model, got "loss"',
  ],
  ['that observes nothing', {sees: 'inputs', score}, 'to be an object with observe() and score(), got an Object'],
  ['that measures nothing', {sees: 'model', score}, 'to be an object with measure() and score(), got an Object'],
  ['without a score', {sees: 'gradients', observe}, 'to be an object with score(), got an Object'],
])('a criterion %s', (_, wrong, message) => {
  const criterion = wrong as Criterion;
  expect(() => expectCriterion('criterion', criterion)).toThrow(message);
  expect(() => inverted(criterion)).toThrow(message);
  const schedule = oneShot({targetSparsity: 0.5});
  expect(() => new GradualPruning({schedule, criterion})).toThrow(message);
  expect(() => new TargetedDropout({schedule, criterion})).toThrow(message);
});

test('a call that takes a model leaves it as it was', async () => {
  const model = prunable(tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [2]})]}));
  const values = () => model.getWeights().map(weight => [...weight.dataSync()]);
  const before = values();
  const criterion = {observe, score} as unknown as Criterion;
  const message = 'Expected a criterion that has `observe` to say what it sees';
  await expect(pruneOnce(model, {sparsity: 0.5, criterion})).rejects.toThrow(message);
  await expect(planChannelPruning(model, {sparsity: 0.5, criterion})).rejects.toThrow(message);
  expect(values()).toEqual(before);
});

test('plain objects and classes are criteria', () => {
  class OfInputs {
    readonly sees = 'inputs';
    observe(input: tf.Tensor): tf.Tensor {
      return tf.sum(input, 0);
    }
    score(weight: tf.Tensor): tf.Tensor {
      return weight;
    }
  }
  for (const criterion of [{score}, {score, observe: undefined}, new OfInputs(), {sees: 'weights', score}]) {
    expect(expectCriterion('criterion', criterion as Criterion)).toBe(criterion);
  }
});

test('what is not shown to a criterion it may not see', () => {
  expect(() => expectSees('it', wanda(), ['gradients', 'model'])).toThrow(
    'it expects a criterion that sees weights, gradients, model, got one that sees inputs; use one that needs only',
  );
  expect(() => expectSees('it', grasp(), ['gradients'])).toThrow(
    /use it in PruneAtInitialization, or in pruneOnce with/,
  );
  expect(() => expectSees('it', synFlow(), ['model'])).not.toThrow();
  expect(() => expectSees('it', snip(), ['gradients'])).not.toThrow();
  expect(() => expectSees('it', {score})).not.toThrow();
});
