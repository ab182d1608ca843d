import * as tf from '@tensorflow/tfjs';
import * as pruning from 'tfjs-pruning';
import {updateMasks} from 'tfjs-pruning/callbacks';

/** Options that have no effect beside others are refused, so that nobody relies on them. */
const {magnitude, snip} = pruning;
const [x, y] = [tf.ones([2, 4]), tf.ones([2, 3])];
const data = {xs: x, ys: y};

let model: tf.Sequential;
beforeAll(() => {
  model = pruning.prunable(tf.sequential({layers: [tf.layers.dense({name: 'd', units: 3, inputShape: [4]})]}));
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
});

const schedule = pruning.oneShot({targetSparsity: 0.5});
const iterative = (args: object) => new pruning.IterativePruning({trainSteps: 2, rounds: 2, rate: 0.5, ...args});

const growing = (args: object) => pruning.growingRegularization({variant: 1, sparsity: 0.5, ...args});

const USELESS: [call: () => unknown, message: string][] = [
  [
    () => pruning.seededBatches(x, y, {shuffle: false, seed: 3}),
    'seededBatches expects no `seed` with `shuffle: false`: all epochs are alike; leave it out',
  ],
  [
    () => growing({pickingGrowth: 1, recovery: 1}),
    'growingRegularization expects no `pickingGrowth`, `recovery` with `variant: 1`, which chooses at once',
  ],
  [() => growing({pickingCeiling: 1}), 'growingRegularization expects no `pickingCeiling` with `variant: 1`'],
  [
    () => pruning.pruneOnce(model, {sparsity: 0.5, data}),
    'pruneOnce expects no `data` without `criterion`: magnitude(), the default, reads only the weights; leave it out',
  ],
  [
    () => pruning.pruneOnce(model, {sparsity: 0.5, criterion: snip(), batchSize: 1}),
    'pruneOnce expects no `batchSize` without `data`: it cuts tensors into batches; leave it out',
  ],
  [
    () => pruning.pruneOnce(model, {sparsity: 0.5, criterion: snip(), data: [data], batchSize: 1}),
    'Expected `batchSize` only with tensors {xs, ys}',
  ],
  [() => pruning.sensitivityScan(model, {data: [data], batchSize: 1}), 'Expected `batchSize` only with tensors'],
  [() => pruning.planChannelPruning(model, {sparsity: 0.5, loss: 'meanSquaredError'}), 'no `loss` without `criterion`'],
  [
    () => pruning.planChannelPruning(model, {sparsity: 0.5, latencyOf: () => 1}),
    'planChannelPruning expects no `latencyOf` without `latency`: it measures that target; leave it out',
  ],
  [
    () => updateMasks([], 0.5, {regrowth: true, keepDense: true}),
    'updateMasks expects no `keepDense` with `regrowth: true`: that changes masks alone; leave it out',
  ],
  [
    () => pruning.declareLayer('Nobodys', {channelRule: () => [], positions: () => 1}),
    'declareLayer expects no `positions` without `prunableWeights`',
  ],
  [
    () => new pruning.GradualPruning({schedule, observedBatches: 3}),
    'GradualPruning expects no `observedBatches` without `criterion`: magnitude(), the default, reads the weights',
  ],
  [
    () => new pruning.PruneAtInitialization({sparsity: 0.5, loss: 'meanSquaredError'}),
    'PruneAtInitialization expects no `loss` without `data`: the loss is then the one that `fit` minimizes; leave it',
  ],
  [
    () => new pruning.PruneAtInitialization({sparsity: 0.5, batchSize: 3}),
    'PruneAtInitialization expects no `batchSize` without `data`: it cuts tensors into batches',
  ],
  [
    () => new pruning.PruneAtInitialization({sparsity: 0.5, data, observedBatches: 3}),
    'PruneAtInitialization expects no `observedBatches` with `data`, which takes the place of batches of `fit`',
  ],
  [
    () => iterative({seed: 1}),
    "IterativePruning expects no `seed` without `rewind`: only 'reinitialize' draws weights; leave it out",
  ],
  [
    () => iterative({snapshot: 'file://x'}),
    "IterativePruning expects no `snapshot` with `rewind: 'nothing'`, which rewinds no weights; leave it out",
  ],
  [
    () => iterative({rates: {d: 0.1}, allocation: pruning.uniform()}),
    'IterativePruning expects no `allocation` with `rates`, which take its place; leave it out',
  ],
  [
    () => new pruning.ScheduledPenalty({penalty: pruning.l1({strength: 1}), frequency: 3}),
    'ScheduledPenalty expects no `frequency` for a penalty that chooses no weights; leave it out',
  ],
  [
    () => new pruning.ScheduledPenalty({penalty: pruning.l1({strength: 1}), below: 0.1}),
    'ScheduledPenalty expects no `below` without `target`: nothing is counted without one; leave it out',
  ],
];

test.each(USELESS)('%s', async (call, message) => {
  const outcome = Promise.resolve().then(call);
  await expect(outcome).rejects.toThrow(TypeError);
  await expect(outcome).rejects.toThrow(message);
});

test('what is useful with one value is not refused with another: a sweep may pass by it', async () => {
  const {numTensors} = tf.memory();
  expect(pruning.iterative({rounds: 1, rate: 0.5, frequency: 7}).endStep).toBe(0);
  expect(() => pruning.sparseGroupLasso({strength: 1, alpha: 1, structure: pruning.filters()})).not.toThrow();
  expect(() => growing({variant: 2, pickingGrowth: 1, recovery: 0})).not.toThrow();
  await pruning.pruneOnce(model, {sparsity: 0, criterion: magnitude(), data, loss: 'meanSquaredError', batchSize: 1});
  expect(tf.memory().numTensors).toBe(numTensors);
});
