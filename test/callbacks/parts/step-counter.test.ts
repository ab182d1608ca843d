import * as tf from '@tensorflow/tfjs';
import {FitGuard} from '../../../callbacks/parts/fit-guard.js';
import {StepCounter} from '../../../callbacks/parts/step-counter.js';

test('counts what its unit is, from the step it is given', () => {
  const batches = new StepCounter({initialStep: 3});
  expect([batches.completed('batch'), batches.completed('epoch')]).toEqual([true, false]);
  expect([batches.step, batches.firstStep]).toEqual([4, 3]);
  const epochs = new StepCounter({stepUnit: 'epoch'});
  expect([epochs.completed('batch'), epochs.completed('epoch')]).toEqual([false, true]);
  expect([epochs.step, epochs.firstStep]).toEqual([1, 0]);
  epochs.reset(7);
  expect([epochs.step, epochs.firstStep]).toEqual([7, 7]);
});

test('takes over a state, and no wrong one', () => {
  const counter = new StepCounter({});
  const state = (json: object) => ({json: json as Record<string, unknown>, tensors: {}});
  counter.restore(state({step: 5, firstStep: 2}));
  expect(counter.state()).toEqual(state({step: 5, firstStep: 2}));
  expect(() => counter.restore(state({step: 0.5, firstStep: 2}))).toThrow('Expected `step` to be a whole number');
  expect(() => counter.restore(state({step: 5, firstStep: -1}))).toThrow('Expected `firstStep` to be a whole number');
});

test('refuses wrong options, and a callback that is listed twice', () => {
  expect(() => new StepCounter({initialStep: -1})).toThrow('Expected `initialStep` to be a whole number >= 0, got -1');
  expect(() => new StepCounter({stepUnit: 'day' as never})).toThrow('Expected `stepUnit` to be one of batch, epoch');
  expect(() => new StepCounter({}).reset(0.5)).toThrow('Expected `step` to be a whole number >= 0, got 0.5');
  class Mine extends tf.Callback {}
  const [mine, other] = [new Mine(), new Mine()];
  const guard = new FitGuard(mine);
  mine.model = tf.sequential({name: 'net', layers: [tf.layers.dense({units: 1, inputShape: [1]})]});
  const counter = new StepCounter({});
  expect(() => counter.expectListedOnce(guard, [other])).not.toThrow();
  expect(() => counter.expectListedOnce(guard, [mine])).toThrow(
    'Mine is in the list of callbacks twice, and would count each step of "net" twice; list it once',
  );
});
