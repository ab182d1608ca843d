import * as tf from '@tensorflow/tfjs';
import {applyMasks, prunable} from 'tfjs-pruning';
import {SparseMomentum} from '../../callbacks/sparse-momentum.js';
import {slotsOf} from '../../src/optimizers/slots.js';
import {wrapper} from '../support/masks.js';
import {atBatchEnd, fit, keptIn, maskedWeights, net} from '../support/sparse-training.js';

const NAMES = ['a', 'b'];

/**
 * Two layers of the same input with 8 weights each that stand still, with momenta that are given just before the
 * rewiring.
 */
async function rewireOnce(
  kernels: number[][],
  masks: number[][],
  momenta: number[][],
  dropFraction = 0.5,
): Promise<{masks: number[][]; kernels: number[][]}> {
  const input = tf.input({shape: [8]});
  const layers = NAMES.map(name => tf.layers.dense({name, units: 1, useBias: false}));
  const outputs = layers.map(layer => layer.apply(input) as tf.SymbolicTensor);
  const model = prunable(tf.model({inputs: input, outputs}));
  model.compile({optimizer: tf.train.momentum(0, 0.9), loss: 'meanSquaredError'});
  const weights = NAMES.map(name => wrapper(model, name).maskedWeights[0]!);
  weights.forEach(({kernel}, i) => kernel.write(tf.tensor2d(kernels[i]!, [8, 1])));
  await applyMasks(
    model,
    Object.fromEntries(NAMES.map((name, i) => [`${name}/kernel`, tf.tensor2d(masks[i]!, [8, 1])])),
  );
  const give = atBatchEnd(() => {
    const slots = slotsOf(model);
    weights.forEach(({kernel}, i) => slots.get(kernel)![0]!.variable.assign(tf.tensor2d(momenta[i]!, [8, 1])));
  });
  const callback = new SparseMomentum({sparsity: 0.5, dropFraction, decay: 'constant', endStep: 1, seed: 1});
  const targets = tf.ones([4, 1]);
  await model.fit(tf.ones([4, 8]), [targets, targets], {epochs: 1, verbose: 0, callbacks: [give, callback]});
  const read = (of: 'mask' | 'kernel') =>
    weights.map(weight => [...weight[of].read().dataSync()].map(value => value + 0));
  return {masks: read('mask'), kernels: read('kernel')};
}

const KERNELS = [
  [4, -3, 2, 1, 0, 0, 0, 0],
  [1, 2, -3, 4, 0, 0, 0, 0],
];
const HALVES = [
  [1, 1, 1, 1, 0, 0, 0, 0],
  [1, 1, 1, 1, 0, 0, 0, 0],
];

test('shares what has fallen out by the mean momentum of the kept, and grows where momentum is largest', async () => {
  // both drop two; means of the kept 3 and 1: of four new ones three go to `a`, one to `b`
  const after = await rewireOnce(KERNELS, HALVES, [
    [3, -3, 3, -3, 9, -8, 7, 6],
    [1, 1, -1, 1, 0, 0.5, -2, 0],
  ]);
  expect(after.masks).toEqual([
    [1, 1, 0, 0, 1, 1, 1, 0],
    [0, 0, 1, 1, 0, 0, 1, 0],
  ]);
  expect(after.kernels).toEqual([
    [4, -3, 0, 0, 0, 0, 0, 0],
    [0, 0, -3, 4, 0, 0, 0, 0],
  ]);
});

test('what was dropped just now may come back, at zero', async () => {
  const after = await rewireOnce(KERNELS, HALVES, [
    [1, 1, 9, 1, 0, 0, 5, 0],
    [3, 3, 3, 3, 1, 0, 0, 0],
  ]);
  // means 3 and 3: two each
  expect(after.masks[0]).toEqual([1, 1, 1, 0, 0, 0, 1, 0]);
  expect(after.kernels[0]).toEqual([4, -3, 0, 0, 0, 0, 0, 0]);
});

test('what a full layer cannot take falls to the other', async () => {
  // a keeps 6 and has 2 zeros: it drops 2, b 2; a would take all four of 1000 : 1, and does: it has room for just 4
  const sixes = [[1, 1, 1, 1, 1, 1, 0, 0], HALVES[1]!];
  const full = [[6, 5, 4, 3, 2, 1, 0, 0], KERNELS[1]!];
  const momenta = [Array<number>(8).fill(1000), Array<number>(8).fill(1)];
  const one = await rewireOnce(full, sixes, momenta);
  expect(one.masks.map(mask => mask.filter(bit => bit === 1).length)).toEqual([8, 2]);
  // a keeps 7 and has 1 zero: it drops 1 and has room for 2, b drops 2; so 1 of 3 falls to b
  const sevens = [[1, 1, 1, 1, 1, 1, 1, 0], HALVES[1]!];
  const fuller = [[7, 6, 5, 4, 3, 2, 1, 0], KERNELS[1]!];
  const other = await rewireOnce(fuller, sevens, momenta);
  expect(other.masks.map(mask => mask.filter(bit => bit === 1).length)).toEqual([8, 3]);
});

test('something is left of every weight, also of one that has no momentum', async () => {
  const masks = [[1, 0, 0, 0, 0, 0, 0, 0], HALVES[1]!];
  const momenta = [Array<number>(8).fill(0), Array<number>(8).fill(1)];
  const after = await rewireOnce(KERNELS, masks, momenta, 0.9);
  expect(after.masks.map(mask => mask.filter(bit => bit === 1).length)).toEqual([1, 4]);
});

test('masked weights have a momentum while it trains, and none of that is left behind', async () => {
  const model = net();
  const isOpen = () => maskedWeights(model).map(({straightThrough}) => straightThrough);
  const callback = new SparseMomentum({sparsity: 0.5, seed: 1, endStep: 3});
  let zeros: number[] = [];
  const watch = atBatchEnd(() => {
    expect(isOpen()).toEqual([true, true, true, true]);
    const slots = slotsOf(model);
    zeros = maskedWeights(model).map(({kernel}) => {
      const momentum = slots.get(kernel)![0]!.variable.dataSync<'float32'>();
      return momentum.filter(value => value === 0).length;
    });
    if (callback.step === 0) expect(zeros).toEqual([0, 0, 0, 0]);
  });
  await fit(model, [callback, watch], 2);
  expect(zeros).toEqual([0, 0, 0, 0]);
  expect(isOpen()).toEqual([false, false, false, false]);
  expect(keptIn(model).reduce((sum, kept) => sum + kept)).toBe(66);
  expect(keptIn(model)).not.toEqual([15, 21, 18, 12]);
});

test('another model that it refuses stays as it was', async () => {
  const callback = new SparseMomentum({sparsity: 0.5, endStep: 3});
  await fit(net(), [callback]);
  const other = net();
  await expect(fit(other, [callback])).rejects.toThrow('the model in this fit is dense');
  expect(maskedWeights(other).map(({straightThrough}) => straightThrough)).toEqual([false, false, false, false]);
});

test('says what is wrong', async () => {
  for (const optimizer of ['sgd', 'adagrad', 'adadelta']) {
    const model = net(optimizer);
    await expect(fit(model, [new SparseMomentum({sparsity: 0.5, endStep: 5})])).rejects.toThrow(
      'SparseMomentum expects an optimizer that has a momentum of "conv/kernel", as tf.train.momentum, rmsprop, ' +
        'adam and adamax',
    );
    expect(maskedWeights(model).some(({straightThrough}) => straightThrough)).toBe(false);
    expect(keptIn(model)).toEqual(keptIn(net())); // before anything is masked, and an epoch is trained
  }
});
