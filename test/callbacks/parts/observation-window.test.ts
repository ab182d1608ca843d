import * as tf from '@tensorflow/tfjs';
import {prunable, taylor, type Criterion} from 'tfjs-pruning';
import type {Observation} from 'tfjs-pruning/callbacks';
import {FitGuard} from '../../../callbacks/parts/fit-guard.js';
import {ObservationWindow} from '../../../callbacks/parts/observation-window.js';
import {StepCounter, type StepArgs} from '../../../callbacks/parts/step-counter.js';
import {chosenWeights, type PlacedWeight} from '../../../src/masks/placed-weights.js';

const {observe} = taylor() as {observe: (weight: tf.Tensor, gradient: tf.Tensor) => tf.Tensor};
const counting = (more: Partial<Criterion> = {}) => ({...taylor(), observe: () => tf.ones([1]), ...more}) as Criterion;

class Mine extends tf.Callback {}

/** A window over a net of one weight, whose passes are run by hand: five batches an epoch, updates at steps 4 and 8. */
function world(more: Partial<Observation> = {}, args: StepArgs = {}, steps: number | null = 5) {
  const callback = new Mine();
  callback.params = {epochs: 9, steps} as never;
  const counter = new StepCounter(args);
  const updates = {updatesAt: (step: number) => step % 4 === 0, endStep: 8};
  const window = new ObservationWindow(new FitGuard(callback), counter, {
    criterion: counting(),
    updates,
    batches: 2,
    ...more,
  });
  const model = prunable(tf.sequential({layers: [tf.layers.dense({name: 'd', units: 1, inputShape: [2]})]}));
  const weights = chosenWeights('test', model, undefined);
  const variables = [weights[0]!.weight.kernel.read() as tf.Variable];
  const pass = () => {
    const x = tf.ones([1, 2]);
    const loss = () => tf.sum<tf.Scalar>(model.apply(x, {training: true}) as tf.Tensor);
    const {value, grads} = tf.variableGrads(loss, variables);
    tf.dispose([x, value, grads]);
  };
  /** Batches of an epoch, from the one with this number on. */
  const train = (count: number, from = 0) => {
    for (let batch = from; batch < from + count; batch++) {
      window.batchBegin(batch);
      pass();
      window.batchEnd();
      counter.completed('batch');
    }
  };
  return {window, weights, counter, train, pass};
}

const sumOf = (window: ObservationWindow, weights: readonly PlacedWeight[]) =>
  window.seen.gathered?.get(weights[0]!.weight)?.dataSync()[0];

let warn: jest.SpyInstance;
beforeEach(() => (warn = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warn.mockRestore());

test.each<[string, Partial<Observation>, StepArgs, number | null, (number | undefined)[]]>([
  ['the last two before each update', {}, {}, 5, [undefined, undefined, 1, 2, 2, 2, 3, 4, 4, 4]],
  ['all, until the end', {batches: Infinity}, {}, 5, [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]],
  ['more than there are between two updates', {batches: 5}, {}, 5, [1, 2, 3, 4, 5, 6, 7, 8, 8, 8]],
  [
    'none, by a criterion of the weights alone',
    {criterion: {score: weight => weight}},
    {},
    5,
    Array<undefined>(10).fill(undefined),
  ],
])('observes %s', (_, observation, args, steps, sums) => {
  const {window, weights, train} = world(observation, args, steps);
  window.begin(weights);
  const seen = sums.map((_, batch) => {
    train(1, batch);
    return sumOf(window, weights);
  });
  expect(seen).toEqual(sums);
});

test.each<[string, number | null, number[]]>([
  ['the last batches of the epoch before an update', 5, [3, 4]],
  ['the whole epoch, if its length is not known', null, [0, 1, 2, 3, 4]],
])('with epochs as steps it observes %s', (_, steps, observed) => {
  const {window, weights, train, counter} = world({}, {stepUnit: 'epoch', initialStep: 2}, steps);
  window.begin(weights);
  const seen: number[] = [];
  for (let epoch = 2; epoch < 4; epoch++) {
    for (let batch = 0; batch < 5; batch++) {
      const before = sumOf(window, weights) ?? 0;
      train(1, batch);
      if ((sumOf(window, weights) ?? 0) > before) seen.push(epoch * 10 + batch);
    }
    counter.completed('epoch');
  }
  expect(seen).toEqual(observed.map(batch => 30 + batch));
});

test('looks away between batches, and at passes that it runs itself in one', () => {
  const {window, weights, train, pass} = world({batches: Infinity});
  window.begin(weights);
  train(1);
  pass();
  expect(sumOf(window, weights)).toBe(1);
  window.batchBegin(1);
  window.watch(pass);
  window.batchEnd();
  expect(sumOf(window, weights)).toBe(2);
});

test.each([
  [false, undefined],
  [true, 1],
])('begins anew after an update, unless the criterion remembers: %s', (remembers, sum) => {
  const {window, weights, train} = world({batches: Infinity, criterion: counting({remembers})});
  window.begin(weights);
  train(1);
  window.updated();
  expect(sumOf(window, weights)).toBe(sum);
});

test('its sums rest off the backend between fits, go on with the same weights, and not with others', async () => {
  const {window, weights, train} = world({batches: Infinity});
  const other = world().weights;
  const before = tf.memory().numTensors;
  window.begin(weights);
  train(2);
  await window.rest();
  expect(tf.memory().numTensors).toBe(before);
  window.begin(weights);
  train(1);
  expect(sumOf(window, weights)).toBe(3);
  window.restNow();
  expect(tf.memory().numTensors).toBe(before);
  window.begin(other);
  expect(sumOf(window, other)).toBeUndefined();
});

describe('a state', () => {
  const observing = {batches: Infinity, criterion: {...taylor(), observe} as Criterion};

  test('holds the sums, and lets another window go on', async () => {
    const one = world(observing);
    one.window.begin(one.weights);
    one.train(2);
    const state = one.window.state();
    expect(state.json).toEqual({observed: {passes: 2, names: ['d/kernel'], seen: [true]}});
    const two = world(observing, {initialStep: 2});
    await two.window.restore(state);
    const again = two.window.state();
    expect(again.json).toEqual(state.json);
    two.window.begin(two.weights);
    expect(sumOf(two.window, two.weights)).toBe(sumOf(one.window, one.weights));
    expect(warn).not.toHaveBeenCalled();
    tf.dispose([state.tensors, again.tensors]);
    two.window.reset();
    expect(two.window.state()).toEqual({json: {observed: null}, tensors: {}});
  });

  test('without sums takes the place of those that are there', async () => {
    const {window, weights, train} = world(observing);
    window.begin(weights);
    train(1);
    await window.restore({json: {observed: null}, tensors: {}});
    expect(window.state().json).toEqual({observed: null});
  });

  test('of other weights is refused in the fit', async () => {
    const {window, weights} = world(observing);
    const sum = tf.scalar(1);
    const json = {observed: {passes: 1, names: ['e/kernel'], seen: [true]}};
    await window.restore({json, tensors: {'observed/0/e/kernel': sum}});
    sum.dispose();
    expect(() => window.begin(weights)).toThrow(/what was observed of "e\/kernel", but in this fit it has "d\/kernel"/);
  });
});

test.each<[number, Partial<Observation>, boolean]>([
  [3, {}, true],
  [4, {}, false], // an update has begun anew
  [5, {}, false], // goes by 7 and 8
  [7, {}, true],
  [8, {}, false], // it is over
  [4, {criterion: counting({remembers: true})}, true],
  [0, {batches: Infinity}, false],
])('goes on at step %d without its sums, and says so if they are missed', (initialStep, more, isSaid) => {
  const {window, weights} = world(more, {initialStep});
  window.begin(weights);
  window.begin(weights);
  expect(warn).toHaveBeenCalledTimes(isSaid ? 1 : 0);
  if (isSaid) expect(warn.mock.calls[0]).toEqual([expect.stringMatching(/^Mine: training goes on at step \d without/)]);
});
