import {batchesPerEpoch, plannedSteps} from '../../../callbacks/parts/fit-length.js';

const params = (more: object) => ({samples: null, batchSize: null, steps: null, ...more}) as never;

test.each<[string, object, number]>([
  ['of examples, the last batch being smaller', {samples: 10, batchSize: 4}, 3],
  ['of a dataset that says how many', {steps: 7}, 7],
  ['of a dataset of unknown length', {}, NaN],
])('the batches of an epoch: %s', (_, given, batches) => {
  expect(batchesPerEpoch(params(given))).toBe(batches);
});

test.each<[string, object, 'batch' | 'epoch', number | undefined]>([
  ['batches', {epochs: 3, samples: 10, batchSize: 4}, 'batch', 9],
  ['batches of the epochs that are left', {epochs: 3, initialEpoch: 1, samples: 10, batchSize: 4}, 'batch', 6],
  ['batches but those that were done before', {epochs: 3, passedOver: 2, samples: 10, batchSize: 4}, 'batch', 7],
  ['epochs, of whatever length', {epochs: 3, initialEpoch: 1}, 'epoch', 2],
  ['batches of unknown number', {epochs: 3}, 'batch', undefined],
  ['epochs of unknown number', {}, 'epoch', undefined],
])('the steps of a fit: %s', (_, given, unit, steps) => {
  expect(plannedSteps(params(given), unit)).toBe(steps);
});
