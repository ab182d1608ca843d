import * as tf from '@tensorflow/tfjs';
import {filters, globalRanking, prunable, sparsityReport} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {ProximalPenalty} from '../../callbacks/proximal-penalty.js';
import {groupLasso} from '../../src/penalties/group-lasso.js';
import {hoyerSquare} from '../../src/penalties/hoyer-square.js';
import {l1} from '../../src/penalties/l1.js';
import {networkSlimming} from '../../src/penalties/network-slimming.js';
import {setMask, wrapper} from '../support/masks.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

/** A linear model, whose kernel's columns have the norms 5, 0.5 and 1. */
function net(optimizer: tf.Optimizer = tf.train.sgd(0.1)): tf.Sequential {
  const layer = tf.layers.dense({
    name: 'a',
    units: 3,
    inputShape: [2],
    useBias: false,
    weights: [tf.tensor2d([3, 0.3, 1, -4, 0.4, 0], [2, 3])],
  });
  const model = tf.sequential({layers: [layer]});
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

/** Trains two batches an epoch, on zeros unless told otherwise. */
async function fit(
  model: tf.LayersModel,
  callbacks: tf.Callback[],
  {epochs = 1, inputs = () => tf.zeros([4, 2])} = {},
): Promise<void> {
  const [x, y] = [inputs(), tf.zeros([4, 3])];
  try {
    await model.fit(x, y, {epochs, batchSize: 2, verbose: 0, shuffle: false, callbacks});
  } finally {
    tf.dispose([x, y]);
  }
}

const kernel = (model: tf.LayersModel) => [...model.getWeights()[0]!.dataSync()];
const rounded = (values: number[]) => values.map(value => +value.toPrecision(5) + 0);

test('soft thresholds by the learning rate after each batch: by hand', async () => {
  const model = net();
  await fit(model, [new ProximalPenalty({penalty: l1({strength: 1})})]);
  expect(rounded(kernel(model))).toEqual([2.8, 0.1, 0.8, -3.8, 0.2, 0]);
  await fit(model, [new ProximalPenalty({penalty: l1({strength: 1}), strength: step => 2.5 * step})]);
  expect(rounded(kernel(model))).toEqual([2.55, 0, 0.55, -3.55, 0, 0]);
});

test('brings whole filters to exact zero', async () => {
  const model = net(tf.train.sgd(0.5));
  await fit(model, [new ProximalPenalty({penalty: groupLasso({strength: 2 * Math.SQRT1_2})})]);
  // the norms: 5 -> 4 -> 3, 0.5 -> 0, 1 -> 0
  expect(rounded(kernel(model))).toEqual([1.8, 0, 0, -2.4, 0, 0]);
});

test.each<[string, () => tf.Optimizer]>([
  ['momentum', () => tf.train.momentum(0.1, 0.9)],
  ['adam', () => tf.train.adam(0.1)],
  ['rmsprop', () => tf.train.rmsprop(0.1)],
])('works with %s: what the data does not need is zero at the end', async (_, optimizer) => {
  const model = net(optimizer());
  const inputs = () => tf.randomNormal([4, 2], 0, 0.01, 'float32', 1);
  await fit(model, [new ProximalPenalty({penalty: groupLasso({strength: 1}), layers: 'a'})], {epochs: 40, inputs});
  expect(kernel(model).map(value => value + 0)).toEqual([0, 0, 0, 0, 0, 0]);
  expect((await sparsityReport(model)).total.sparsity).toBe(1);
});

test('of a wrapped layer it shrinks what is kept, and lets live on what is behind the mask', async () => {
  const model = prunable(net());
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
  const [weight] = wrapper(model, 'a').maskedWeights;
  setMask(weight!, i => (i === 3 ? 0 : 1));
  await fit(model, [new ProximalPenalty({penalty: groupLasso({strength: Math.SQRT1_2})})]);
  // the first filter is [3, masked], of the norm 3
  expect(rounded([...weight!.kernel.read().dataSync()])).toEqual([2.8, 0.18, 0.8, -4, 0.24, 0]);
  const pruning = new GradualPruning({schedule: oneShot({targetSparsity: 0.5}), allocation: globalRanking()});
  await fit(model, [pruning, new ProximalPenalty({penalty: l1({strength: 1})})]);
  expect(kernel(model).filter(value => value === 0).length).toBeGreaterThanOrEqual(3);
});

test('is put on the scales of batch normalizations by networkSlimming', async () => {
  const layers = [tf.layers.batchNormalization({inputShape: [3]}), tf.layers.dense({units: 3})];
  const model = tf.sequential({layers});
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
  await fit(model, [new ProximalPenalty({penalty: networkSlimming({strength: 5})})], {inputs: () => tf.zeros([4, 3])});
  expect(rounded(kernel(model))).toEqual([0, 0, 0]);
});

test.each<[string, (layer: tf.Sequential) => tf.Sequential]>([
  ['plain', model => model],
  ['wrapped', model => prunable(model)],
])('may leave a weight of a %s model alone, and must give its shape', async (_, made) => {
  const model = made(net());
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
  const before = kernel(model);
  const operator = (proximal: (weight: tf.Tensor) => unknown) =>
    new ProximalPenalty({penalty: Object.assign(l1({strength: 1}), {proximal})});
  await fit(model, [operator(weight => weight)]);
  await expect(fit(model, [operator(() => tf.zeros([1]))])).rejects.toThrow(
    'of shape [2,3] for "a/kernel", got one of',
  );
  await expect(fit(model, [operator(() => 3)])).rejects.toThrow('for "a/kernel", got 3 (number)');
  expect(kernel(model)).toEqual(before);
  await expectNoLeak(() => fit(model, [operator(weight => weight)]));
});

test('goes on after a save and load as if it had never stopped, and leaks nothing', async () => {
  const strength = (step: number) => step / 2;
  const penalty = () => groupLasso({strength: 0.3, structure: filters()});
  const [whole, part] = [net(), net()];
  await fit(whole, [new ProximalPenalty({penalty: penalty(), strength})], {epochs: 2});
  const first = new ProximalPenalty({penalty: penalty(), strength});
  await fit(part, [first]);
  const resumed = await saveAndLoad(part, true);
  await fit(resumed, [new ProximalPenalty({penalty: penalty(), strength, initialStep: first.step})]);
  expect(kernel(resumed)).toEqual(kernel(whole));
  await expectNoLeak(() => fit(whole, [new ProximalPenalty({penalty: penalty(), strength})]));
});

test('says what is wrong, and leaves the weights as they were', async () => {
  expect(() => new ProximalPenalty({penalty: hoyerSquare({strength: 1})})).toThrow('expects a penalty with a proximal');
  expect(() => new ProximalPenalty({penalty: w => tf.sum(w)})).toThrow('expects a penalty with a proximal');
  expect(() => new ProximalPenalty({penalty: l1({strength: 1}), frequency: 1} as never)).toThrow('has no option');
  expect(() => new ProximalPenalty({penalty: 'l1' as never})).toThrow('Expected `penalty` to be a function');
  const model = net();
  const before = kernel(model);
  const negative = new ProximalPenalty({penalty: l1({strength: 1}), strength: () => -1});
  await expect(fit(model, [negative])).rejects.toThrow('Expected `strength(0)` to be a number >= 0, got -1');
  await expect(fit(model, [new ProximalPenalty({penalty: l1({strength: 1}), layers: 'b'})])).rejects.toThrow('none');
  expect(kernel(model)).toEqual(before);
});
