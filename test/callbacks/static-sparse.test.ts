import * as tf from '@tensorflow/tfjs';
import {prunable, pruneOnce, uniform} from 'tfjs-pruning';
import {StaticSparse, type StaticSparseArgs} from '../../callbacks/static-sparse.js';
import {atBatchEnd, fit, isSparse, keptIn, masksOf, net, OPTIMIZERS, stateOf} from '../support/sparse-training.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

test.each(OPTIMIZERS)('with %s the masks that are drawn at first stay, and kernels are zero there', async (_, make) => {
  const model = net(make());
  const seen: string[] = [];
  const callback = new StaticSparse({sparsity: 0.5, seed: 1});
  const watch = new tf.CustomCallback({
    onBatchBegin: () => void seen.push(masksOf(model).join(' ')),
    onBatchEnd: () => expect(isSparse(model)).toBe(true),
  });
  const {history} = await fit(model, [callback, watch], 2);
  expect(seen).toHaveLength(10);
  expect(new Set(seen).size).toBe(1);
  // 66 in proportion to the sums of the shapes, 10 : 14 : 12 : 8
  expect(keptIn(model)).toEqual([15, 21, 18, 12]);
  expect(history['sparsity']).toEqual([0.5, 0.5]);
  expect([callback.step, callback.sparsity]).toEqual([10, 0.5]);
});

test('shares zeros out by Erdos-Renyi with kernels, unless told otherwise', async () => {
  const layers = [
    tf.layers.dense({units: 300, inputShape: [784], kernelInitializer: 'zeros'}),
    tf.layers.dense({units: 100, kernelInitializer: 'zeros'}),
    tf.layers.dense({units: 10, kernelInitializer: 'zeros'}),
  ];
  const lenet = prunable(tf.sequential({layers}));
  lenet.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const [x, y] = [tf.zeros([1, 784]), tf.zeros([1, 10])];
  await lenet.fit(x, y, {verbose: 0, callbacks: [new StaticSparse({sparsity: 0.9, seed: 1})]});
  const densities = keptIn(lenet).map((kept, i) => kept / [235200, 30000, 1000][i]!);
  [0.0796, 0.2302, 1].forEach((density, i) => expect(densities[i]).toBeCloseTo(density, 4));
});

test('the same seed gives the same masks, another one others; without one they are drawn', async () => {
  const masksBy = async (args: Partial<StaticSparseArgs>) => {
    const model = net();
    const callback = new StaticSparse({sparsity: 0.5, ...args});
    await fit(model, [callback]);
    return {masks: masksOf(model), seed: callback.seed!};
  };
  const one = await masksBy({seed: 1});
  expect(await masksBy({seed: 1})).toEqual(one);
  expect((await masksBy({seed: 2})).masks).not.toEqual(one.masks);
  const [drawn, other] = [await masksBy({}), await masksBy({})];
  expect(drawn.seed).not.toBe(other.seed);
  expect((await masksBy({seed: drawn.seed})).masks).toEqual(drawn.masks);
});

test('takes masks that are there as they are, and prunes nothing but the chosen layers', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.25, layers: 'conv'});
  const before = masksOf(model);
  await fit(model, [new StaticSparse({sparsity: 0.9})]);
  expect(masksOf(model)).toEqual(before);
  await fit(model, [new StaticSparse({sparsity: 0.5, layers: 'out', allocation: uniform()})]);
  expect(masksOf(model).slice(0, 3)).toEqual(before.slice(0, 3));
  expect(keptIn(model)[3]).toBe(6);
});

test('goes on after a save and load as if nothing had happened', async () => {
  const [straight, first] = [net(), net()];
  await fit(straight, [new StaticSparse({sparsity: 0.5, seed: 1})], 2);
  await fit(first, [new StaticSparse({sparsity: 0.5, seed: 1})]);
  const second = await saveAndLoad(first, true);
  await fit(second, [new StaticSparse({sparsity: 0.5, seed: 2, initialStep: 5})]);
  expect(stateOf(second)).toEqual(stateOf(straight));
});

test('one callback is for one model, until it is reset', async () => {
  const callback = new StaticSparse({sparsity: 0.5});
  await fit(net(), [callback]);
  const other = net();
  await expect(fit(other, [callback])).rejects.toThrow(
    'StaticSparse is at step 5, after all its pruning, but the model in this fit is dense instead of 0.5 ' +
      'sparse. Use a new',
  );
  callback.reset();
  await fit(other, [callback]);
  expect(callback.sparsity).toBe(0.5);
});

test('a sparsity of 0 trains the dense model, over several fits', async () => {
  const [dense, plain] = [net(), net()];
  const callback = new StaticSparse({sparsity: 0});
  for (let i = 0; i < 2; i++) {
    await fit(dense, [callback]);
    await fit(plain, []);
  }
  expect(stateOf(dense)).toEqual(stateOf(plain));
});

test('leaks nothing', async () => {
  const model = net('adam');
  await fit(model, [new StaticSparse({sparsity: 0.5})]);
  await expectNoLeak(async () => void (await fit(model, [new StaticSparse({sparsity: 0.5}), atBatchEnd(() => 0)])));
});

test('says what is wrong, and changes nothing', async () => {
  const make = (args: object) => () => new StaticSparse(args as StaticSparseArgs);
  expect(make({sparsity: 1})).toThrow('Expected `sparsity` to be a number in [0, 1), got 1');
  expect(make({})).toThrow('Expected `sparsity` to be a number in [0, 1), got undefined');
  expect(make({sparsity: 0.5, seed: -1})).toThrow('Expected `seed` to be a whole number >= 0, got -1');
  expect(make({sparsity: 0.5, allocation: {}})).toThrow('Expected `allocation` to be a function');
  expect(make({sparsity: 0.5, frequency: 1})).toThrow('StaticSparse has no option `frequency`');
  const model = net();
  const before = stateOf(model);
  const greedy = new StaticSparse({sparsity: 0.9, allocation: uniform({maxSparsity: 0.5})});
  await expect(fit(model, [greedy])).rejects.toThrow('Expected a sparsity that the layers can take');
  expect(stateOf(model)).toEqual(before);
});
