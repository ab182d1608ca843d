import * as tf from '@tensorflow/tfjs';
import {FusedAdam} from 'tfjs-pruning/wasm';
import {artifactsOf, saveAndLoad} from '../support/tensors.js';
import {kernelKinds, on, onWasm, relativeError, tensorOf} from './against-cpu.js';

function netWith(optimizer: tf.Optimizer): tf.LayersModel {
  const model = tf.sequential({
    layers: [tf.layers.dense({units: 7, inputShape: [5], activation: 'tanh'}), tf.layers.dense({units: 3})],
  });
  model.setWeights(model.getWeights().map((weight, i) => tensorOf(weight.shape, 'normal', i + 1)));
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

async function train(model: tf.LayersModel, steps: number): Promise<void> {
  const [x, y] = [tensorOf([8, 5], 'normal', 21), tensorOf([8, 3], 'normal', 22)];
  for (let i = 0; i < steps; i++) tf.dispose(await model.trainOnBatch(x, y));
  tf.dispose([x, y]);
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().flatMap(weight => Array.from(weight.dataSync()));

async function trained(optimizer: tf.Optimizer, steps: number): Promise<number[]> {
  const model = netWith(optimizer);
  await train(model, steps);
  return weightsOf(model);
}

/** One weight of 1 and gradients of 2, by the equations of the paper: each step is the learning rate, near enough. */
test('two steps by hand', async () => {
  await on('wasm', () => {
    const weight = tf.variable(tf.scalar(1), true, 'byHand');
    const optimizer = new FusedAdam(0.1);
    for (let step = 0; step < 2; step++) optimizer.applyGradients({byHand: tf.scalar(2)} as never);
    expect(weight.dataSync()[0]).toBeCloseTo(1 - 0.1 - 0.1, 6);
    weight.dispose();
  });
});

test('a moment whose gradients have ceased ends at 0, not among the slow denormal numbers', async () => {
  await on('wasm', () => {
    const weight = tf.variable(tf.ones([8]), true, 'ceased');
    const optimizer = new FusedAdam(0.1);
    const step = (value: number) => {
      optimizer.applyGradients({ceased: tf.fill([8], value)} as never);
    };
    tf.tidy(() => {
      step(1);
      for (let i = 0; i < 1100; i++) step(0);
    });
    const [first] = (optimizer as unknown as {accumulatedFirstMoment: {variable: tf.Variable}[]})
      .accumulatedFirstMoment;
    expect(Array.from(first!.variable.dataSync())).toEqual(new Array(8).fill(0));
    optimizer.dispose();
    weight.dispose();
  });
});

test('20 steps end where those of tf.train.adam do', async () => {
  const expected = await on('wasm', () => trained(tf.train.adam(0.01), 20));
  expect(relativeError(await trained(new FusedAdam(0.01), 20), expected)).toBeLessThan(1e-5);
});

test.each(kernelKinds)('20 steps end where they do on cpu, kernels %s', async kind => {
  const expected = await on('cpu', () => trained(new FusedAdam(0.01, 0.8, 0.99, 1e-6), 20));
  const actual = await onWasm(kind, () => trained(new FusedAdam(0.01, 0.8, 0.99, 1e-6), 20));
  expect(relativeError(actual, expected)).toBeLessThan(1e-5);
});

test('a model saved with it goes on where it was', async () => {
  const model = await on('wasm', () => netWith(new FusedAdam(0.01)));
  await train(model, 5);
  expect(JSON.stringify((await artifactsOf(model, true)).trainingConfig)).toContain('FusedAdam');
  const loaded = await saveAndLoad(model, true);
  expect(loaded.optimizer).toBeInstanceOf(FusedAdam);
  for (const one of [model, loaded]) await train(one, 5);
  expect(relativeError(weightsOf(loaded), weightsOf(model))).toBeLessThan(1e-6);
});

test('a step leaves no tensor behind, and a copy of a weight taken before stays as it was', async () => {
  const model = await on('wasm', () => netWith(new FusedAdam(0.1)));
  await train(model, 1);
  const copy = tf.clone(model.getWeights()[0]!);
  const [values, {numTensors}] = [Array.from(copy.dataSync()), tf.memory()];
  await train(model, 3);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(Array.from(copy.dataSync())).toEqual(values);
});

const unlike: [string, () => tf.Tensor][] = [
  ['longer', () => tf.ones([5])],
  ['of higher rank', () => tf.ones([1, 3])],
  ['missing', () => null as never],
];

test.each(unlike)('a gradient that is %s does what it does with Adam', async (_, gradient) => {
  const outcome = (optimizer: tf.Optimizer) => {
    const weight = tf.variable(tf.ones([1]), true, 'alone');
    try {
      return tf.tidy(() => {
        optimizer.applyGradients({alone: gradient()});
        return Array.from(weight.dataSync());
      });
    } catch (error) {
      return (error as Error).message;
    } finally {
      weight.dispose();
    }
  };
  await on('wasm', () => {
    expect(outcome(new FusedAdam())).toEqual(outcome(tf.train.adam()));
  });
});

test('moments of other weights are refused as by Adam', async () => {
  await on('wasm', async () => {
    const optimizer = new FusedAdam(0.01);
    await train(netWith(optimizer), 1);
    const other = tf.sequential({layers: [tf.layers.dense({units: 3, inputShape: [5]})]});
    other.compile({optimizer, loss: 'meanSquaredError'});
    await expect(train(other, 1)).rejects.toThrow('could not be broadcast');
  });
});
