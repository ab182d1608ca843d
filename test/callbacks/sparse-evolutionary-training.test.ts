import * as tf from '@tensorflow/tfjs';
import {applyMasks, prunable} from 'tfjs-pruning';
import {SparseEvolutionaryTraining} from '../../callbacks/sparse-evolutionary-training.js';
import {wrapper} from '../support/masks.js';
import {fit, keptIn, masksOf, net} from '../support/sparse-training.js';

/** A dense layer [8, 2] that stands still: the learning rate is 0. */
async function rewireOnce(kernel: number[], mask: number[], dropFraction: number, seed = 1, startDeviation = 0) {
  const layer = tf.layers.dense({name: 'a', units: 2, inputShape: [8]});
  const model = prunable(tf.sequential({layers: [layer]}));
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const weight = wrapper(model, 'a').maskedWeights[0]!;
  weight.kernel.write(tf.tensor2d(kernel, [8, 2]));
  await applyMasks(model, {'a/kernel': tf.tensor2d(mask, [8, 2])});
  const callback = new SparseEvolutionaryTraining({sparsity: 0.5, dropFraction, endStep: 1, seed, startDeviation});
  await model.fit(tf.ones([4, 8]), tf.ones([4, 2]), {epochs: 2, verbose: 0, callbacks: [callback]});
  return {
    mask: [...weight.mask.read().dataSync()],
    kernel: [...weight.kernel.read().dataSync()].map(value => value + 0),
  };
}

//              survive           fall        not kept
const KERNEL = [5, 6, 7, -5, -6, 1, 2, -1, 0, 0, 0, 0, 0, 0, 0, 0];
const MASK = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];

test('drops the smallest of each sign, and grows as many zeros at random places that are not kept', async () => {
  // 0.4 of five positive and of three negative weights: 2, and 1.2
  const {mask, kernel} = await rewireOnce(KERNEL, MASK, 0.4);
  expect(mask.slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
  expect(mask.filter(bit => bit === 1)).toHaveLength(8);
  expect(kernel).toEqual([5, 6, 7, -5, -6, ...Array<number>(11).fill(0)]);
});

test('draws what grows from a normal distribution of the given deviation, and nothing else', async () => {
  const drawn: number[] = [];
  for (let seed = 0; seed < 100; seed++) {
    const {mask, kernel} = await rewireOnce(KERNEL, MASK, 0.4, seed, 0.1);
    expect(kernel.slice(0, 5)).toEqual([5, 6, 7, -5, -6]);
    expect(kernel.map(value => (value === 0 ? 0 : 1))).toEqual(mask);
    drawn.push(...kernel.slice(5).filter(value => value !== 0));
  }
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length);
  expect(drawn).toHaveLength(300);
  expect(Math.abs(mean)).toBeLessThan(0.025); // four standard errors
  expect(deviation).toBeCloseTo(0.1, 1);
  expect((await rewireOnce(KERNEL, MASK, 0.4, 1, 0.1)).kernel).toEqual(
    (await rewireOnce(KERNEL, MASK, 0.4, 1, 0.1)).kernel,
  );
  expect(() => new SparseEvolutionaryTraining({sparsity: 0.5, endStep: 1, startDeviation: -1})).toThrow(
    'Expected `startDeviation` to be a number >= 0',
  );
});

test('signs are told apart: without that the small positive ones would all fall', async () => {
  const kernel = [1, 2, 3, 4, -10, -20, -30, -40, 0, 0, 0, 0, 0, 0, 0, 0];
  const {kernel: after} = await rewireOnce(kernel, MASK, 0.5);
  expect(after.slice(0, 8)).toEqual([0, 0, 3, 4, 0, 0, -30, -40]);
});

test('every place that is not kept grows alike', async () => {
  const grown = Array<number>(16).fill(0);
  for (let seed = 0; seed < 100; seed++) {
    const {mask} = await rewireOnce(KERNEL, MASK, 0.4, seed);
    mask.forEach((bit, i) => (grown[i]! += bit));
  }
  expect(grown.slice(0, 5)).toEqual([100, 100, 100, 100, 100]);
  // 3 of 11 places: 27 of 100 on average, within four standard deviations of 4.4
  for (const count of grown.slice(5)) expect(Math.abs(count - 27.3)).toBeLessThan(18);
});

test('a layer with fewer zeros than would fall drops no more than it has', async () => {
  const full = KERNEL.map((value, i) => value || i);
  const oneZero = full.map((_, i) => (i === 15 ? 0 : 1));
  expect((await rewireOnce(full, oneZero, 0.5)).kernel.filter(value => value === 0)).toHaveLength(2);
});

test('moves connections at the end of every epoch but the last, by default', async () => {
  const model = net();
  const masks: string[] = [];
  const watch = new tf.CustomCallback({
    onBatchBegin: () => void masks.push(masksOf(model).join()),
  });
  const callback = new SparseEvolutionaryTraining({sparsity: 0.5, endStep: 3, seed: 1});
  await fit(model, [callback, watch], 5);
  const changes = masks.flatMap((mask, i) => (i > 0 && mask !== masks[i - 1] ? [i] : []));
  expect(changes).toEqual([5, 10, 15]);
  expect(keptIn(model)).toEqual([15, 21, 18, 12]);
});

test('the seed decides where connections grow', async () => {
  const run = async (seed: number) => (await rewireOnce(KERNEL, MASK, 0.4, seed)).mask;
  expect(await run(7)).toEqual(await run(7));
  expect(await run(7)).not.toEqual(await run(8));
});
