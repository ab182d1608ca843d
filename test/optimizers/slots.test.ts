import * as tf from '@tensorflow/tfjs';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {learningRateOf, setLearningRate} from '../../src/optimizers/learning-rate.js';
import {resetOptimizer, slotsOf} from '../../src/optimizers/slots.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

const OPTIMIZERS: [string, () => tf.Optimizer, string[]][] = [
  ['sgd', () => tf.train.sgd(0.1), []],
  ['momentum', () => tf.train.momentum(0.1, 0.9), ['momentum']],
  ['nesterov momentum', () => tf.train.momentum(0.1, 0.9, true), ['momentum']],
  ['adagrad', () => tf.train.adagrad(0.1), ['accumulator']],
  ['adadelta', () => tf.train.adadelta(1), ['accum_grad', 'accum_var']],
  ['adam', () => tf.train.adam(0.1), ['m', 'v']],
  ['fused adam', () => new FusedAdam(0.1), ['m', 'v']],
  ['adamax', () => tf.train.adamax(0.1), ['m', 'v']],
  ['rmsprop', () => tf.train.rmsprop(0.1, 0.9, 0.5), ['rms', 'momentum']],
  ['centered rmsprop', () => tf.train.rmsprop(0.1, 0.9, 0.5, 1e-7, true), ['rms', 'momentum', 'mg']],
];

function net(optimizer: tf.Optimizer): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 1});
  const layers = [
    tf.layers.dense({name: 'a', units: 3, inputShape: [4], kernelInitializer, activation: 'tanh'}),
    tf.layers.dense({name: 'b', units: 2, kernelInitializer, useBias: false}),
  ];
  const model = tf.sequential({layers});
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

async function losses(model: tf.LayersModel, epochs = 3): Promise<number[]> {
  const x = tf.randomNormal([8, 4], 0, 1, 'float32', 1);
  const y = tf.randomNormal([8, 2], 0, 1, 'float32', 2);
  const {history} = await model.fit(x, y, {epochs, batchSize: 8, verbose: 0, shuffle: false});
  tf.dispose([x, y]);
  return history['loss'] as number[];
}

const values = (model: tf.LayersModel) => model.weights.map(weight => weight.read().dataSync());

describe.each(OPTIMIZERS)('%s', (_, make, names) => {
  test('has its slots, by the weights that they belong to, in their shapes', async () => {
    const model = net(make());
    expect([...slotsOf(model).values()]).toEqual([[], [], []]);
    await losses(model, 1);
    const slots = slotsOf(model);
    expect([...slots.keys()].map(weight => weight.originalName)).toEqual(['a/kernel', 'a/bias', 'b/kernel']);
    for (const [weight, own] of slots) {
      expect(own.map(({name}) => name)).toEqual(names);
      for (const {variable, initial} of own) {
        expect(variable.shape).toEqual(weight.shape);
        expect(initial).toBe(names.includes('accumulator') ? 0.1 : 0);
      }
    }
  });

  test('trains on from a reset as if it were new, and leaks nothing', async () => {
    const [model, fresh] = [net(make()), net(make())];
    const start = model.getWeights().map(weight => tf.clone(weight));
    const first = await losses(model);
    await expectNoLeak(async () => {
      model.setWeights(start);
      resetOptimizer(model.optimizer);
      expect(model.optimizer.iterations).toBe(0);
      expect(await losses(model)).toEqual(first);
    });
    expect(await losses(fresh)).toEqual(first);
    expect(values(model)).toEqual(values(fresh));
  });

  test('stands still at a learning rate of 0, and goes on at one that is set', async () => {
    const [slow, fast] = [net(make()), net(make())];
    const before = values(slow);
    const rate = learningRateOf(slow.optimizer);
    setLearningRate(slow.optimizer, 0);
    await losses(slow, 1);
    expect(values(slow)).toEqual(before);
    setLearningRate(slow.optimizer, rate);
    resetOptimizer(slow.optimizer);
    await losses(slow, 1);
    await losses(fast, 1);
    expect(learningRateOf(slow.optimizer)).toBe(rate);
    expect(values(slow)).toEqual(values(fast));
  });
});

test('slots are found by position: those of a loaded model, too, whose names are others', async () => {
  const model = net(tf.train.momentum(0.1, 0.9));
  await losses(model, 2);
  const loaded = await saveAndLoad(model, true);
  const momenta = (of: tf.LayersModel) => [...slotsOf(of).values()].map(([slot]) => [...slot!.variable.dataSync()]);
  expect(momenta(loaded)).toEqual(momenta(model));
});

test('says what is wrong', async () => {
  const plain = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]});
  expect(() => slotsOf(plain)).toThrow('slotsOf expects a model that was compiled');
  const optimizer = tf.train.momentum(0.1, 0.9);
  await losses(net(optimizer), 1);
  plain.compile({optimizer, loss: 'meanSquaredError'});
  expect(() => slotsOf(plain)).toThrow('to have slots of shape [3,2] for "dense_Dense1/kernel", got [4,3]');
  expect(() => setLearningRate(optimizer, -1)).toThrow('Expected `learningRate` to be a number >= 0');
  class Own extends tf.Optimizer {
    static className = 'Own';
    applyGradients(): void {}
    getConfig(): tf.serialization.ConfigDict {
      return {};
    }
  }
  expect(() => learningRateOf(new Own())).toThrow('Expected optimizer "Own" to have a number in its field');
});
