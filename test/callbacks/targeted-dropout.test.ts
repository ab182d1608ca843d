import * as tf from '@tensorflow/tfjs';
import {filters, magnitude, prunable, taylor, type MaskedWeight} from 'tfjs-pruning';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {TargetedDropout} from '../../callbacks/targeted-dropout.js';
import {wrapper, zerosIn} from '../support/masks.js';
import {expectNoLeak, saveAndLoad} from '../support/tensors.js';

const BATCHES = 4;

function net(optimizer: tf.Optimizer = tf.train.momentum(0.1, 0.9)): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotNormal({seed: 3});
  const dense = tf.layers.dense({name: 'd', units: 3, kernelInitializer, useBias: false, inputShape: [8]});
  const model = prunable(tf.sequential({layers: [dense]}));
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

const weightOf = (model: tf.LayersModel): MaskedWeight => wrapper(model, 'd').maskedWeights[0]!;
const drops = (model: tf.LayersModel) => {
  const read = (training: boolean) => tf.tidy(() => [...weightOf(model).read({training}).dataSync()]);
  return read(true).join() !== read(false).join();
};
const kernelOf = (model: tf.LayersModel) => [...weightOf(model).kernel.read().dataSync()];
const whole = (targetSparsity: number, endStep = Infinity) => constantSparsity({targetSparsity, endStep});

type Callback = tf.Callback | tf.CustomCallback;

/** Batches of two examples, always the same, from one number to another. */
async function fit(model: tf.LayersModel, callbacks: Callback[], from = 0, to = BATCHES): Promise<tf.History> {
  const x = tf.randomNormal([BATCHES * 2, 8], 0, 1, 'float32', 1);
  const y = tf.randomNormal([BATCHES * 2, 3], 0, 1, 'float32', 2);
  const [xs, ys] = [tf.slice(x, from * 2, (to - from) * 2), tf.slice(y, from * 2, (to - from) * 2)];
  try {
    return await model.fit(xs, ys, {batchSize: 2, verbose: 0, shuffle: false, callbacks, validationData: [x, y]});
  } finally {
    tf.dispose([x, y, xs, ys]);
  }
}

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

/** The smallest weights of each column of a kernel of 8 rows and 3 columns, by sorting. */
function smallest(kernel: readonly number[], count: number): Set<number> {
  const columns = [0, 1, 2].map(column => [...Array(8).keys()].map(row => row * 3 + column));
  return new Set(
    columns.flatMap(own => own.toSorted((a, b) => Math.abs(kernel[a]!) - Math.abs(kernel[b]!)).slice(0, count)),
  );
}

test('trains by what is not dropped: with a rate of 1, as computed without this library', async () => {
  const model = net(tf.train.sgd(0.1));
  let kernel = tf.tensor2d(kernelOf(model), [8, 3]);
  const x = tf.randomNormal<tf.Rank.R2>([BATCHES * 2, 8], 0, 1, 'float32', 1);
  const y = tf.randomNormal<tf.Rank.R2>([BATCHES * 2, 3], 0, 1, 'float32', 2);
  for (let i = 0; i < BATCHES; i++) {
    const gone = smallest([...kernel.dataSync()], 4);
    const mask = tf.tensor2d(
      Array.from({length: 24}, (_, at) => (gone.has(at) ? 0 : 1)),
      [8, 3],
    );
    const [xs, ys] = [tf.slice(x, 2 * i, 2), tf.slice(y, 2 * i, 2)];
    const [gradient] = tf.grads((k: tf.Tensor) =>
      tf.mean(tf.square(tf.sub(tf.matMul(xs, tf.mul<tf.Tensor2D>(k, mask)), ys))),
    )([kernel]);
    kernel = tf.sub(kernel, tf.mul(gradient!, 0.1));
  }
  await fit(model, [new TargetedDropout({schedule: whole(0.5), rate: 1})]);
  const expected = kernel.dataSync();
  kernelOf(model).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
});

test('drops in training alone: validation and evaluation see the whole kernel', async () => {
  const [model, plain] = [net(tf.train.sgd(0)), net(tf.train.sgd(0))];
  const {history: dropped} = await fit(model, [new TargetedDropout({schedule: whole(0.75), rate: 1})]);
  const {history} = await fit(plain, []);
  expect(dropped['val_loss']).toEqual(history['val_loss']);
  expect(dropped['loss']).not.toEqual(history['loss']);
});

test('drops targeted weights alone, each with the probability that is asked for, others in each batch', async () => {
  const model = net(tf.train.sgd(0));
  const weight = weightOf(model);
  const targeted = smallest(kernelOf(model), 6);
  const counts = new Array<number>(24).fill(0);
  const patterns = new Set<string>();
  const count = new tf.CustomCallback({
    onBatchBegin: () => {
      const dropped = tf.tidy(() => [...weight.read({training: true}).dataSync()].map(value => value === 0));
      dropped.forEach((isDropped, i) => (counts[i]! += Number(isDropped)));
      patterns.add(dropped.join());
    },
  });
  const dropout = new TargetedDropout({schedule: whole(0.75), rate: 0.3});
  for (let epoch = 0; epoch < 25; epoch++) await fit(model, [dropout, count]);
  counts.forEach((times, i) => {
    if (targeted.has(i))
      expect(Math.abs(times / 100 - 0.3)).toBeLessThan(0.2); // more than four deviations
    else expect(times).toBe(0);
  });
  const rate = counts.reduce((sum, times) => sum + times, 0) / 100 / targeted.size;
  expect(rate).toBeGreaterThan(0.26);
  expect(rate).toBeLessThan(0.34);
  expect(patterns.size).toBeGreaterThan(90);
});

test('at the end prunes what was targeted, for good, in each output alike', async () => {
  const model = net();
  const dropout = new TargetedDropout({schedule: polynomialDecay({finalSparsity: 0.75, endStep: 6}), rate: 0.5});
  const zeros: number[] = [];
  const watch = new tf.CustomCallback({onBatchEnd: () => void zeros.push(zerosIn(weightOf(model)))});
  await fit(model, [dropout, watch]);
  await fit(model, [dropout, watch]);
  expect(zeros).toEqual([0, 0, 0, 0, 0, 18, 18, 18]);
  expect(dropout.sparsity).toBe(0.75);
  const kernel = kernelOf(model);
  for (let column = 0; column < 3; column++) {
    expect(kernel.filter((value, i) => i % 3 === column && value !== 0)).toHaveLength(2);
  }
  expect(drops(model)).toBe(false);
});

test('drops whole units with their gradients', async () => {
  const model = net(tf.train.sgd(0.1));
  const before = kernelOf(model);
  const sizes = [0, 1, 2].map(column => before.reduce((sum, value, i) => sum + (i % 3 === column ? value ** 2 : 0), 0));
  const args = {structure: filters(), criterion: magnitude({norm: 2}), rate: 1};
  await fit(model, [new TargetedDropout({schedule: whole(0.34), ...args})], 0, 1);
  const weakest = sizes.indexOf(Math.min(...sizes));
  kernelOf(model).forEach((value, i) => {
    if (i % 3 === weakest) expect(value).toBe(before[i]);
    else expect(value).not.toBe(before[i]);
  });
});

test('goes on from a file as if nothing had happened', async () => {
  const args = {schedule: oneShot({targetSparsity: 0.5, beginStep: 3}), seed: 5};
  const schedule = {...args.schedule, sparsityAt: () => 0.5};
  const [once, twice] = [net(), net()];
  await fit(once, [new TargetedDropout({...args, schedule})]);
  await fit(twice, [new TargetedDropout({...args, schedule})], 0, 2);
  const loaded = await saveAndLoad(twice, true);
  await fit(loaded, [new TargetedDropout({...args, schedule, initialStep: 2})], 2, 4);
  expect(kernelOf(loaded)).toEqual(kernelOf(once));
  const other = net();
  await fit(other, [new TargetedDropout({schedule, seed: 6})]);
  expect(kernelOf(other)).not.toEqual(kernelOf(once));
});

test('drops for one batch alone: whoever trains at its end does so with all weights', async () => {
  const model = net();
  const seen: unknown[] = [];
  const watch = new tf.CustomCallback({
    onBatchBegin: () => void seen.push(drops(model)),
    onBatchEnd: () => void seen.push(drops(model)),
  });
  await fit(model, [new TargetedDropout({schedule: whole(0.5)}), watch], 0, 2);
  expect(seen).toEqual([true, false, true, false]);
});

test('leaks nothing, also not of a fit that failed', async () => {
  const model = net();
  await fit(model, []);
  await expectNoLeak(async () => {
    const dropout = new TargetedDropout({schedule: whole(0.5, 6)});
    await fit(model, [dropout]);
    await fit(model, [dropout]);
  });
  const failing = new tf.CustomCallback({onBatchBegin: () => Promise.reject(new Error('failed'))});
  const dropout = new TargetedDropout({schedule: whole(0.75)});
  await expect(fit(model, [dropout, failing])).rejects.toThrow('failed');
  expect(drops(model)).toBe(false);
});

test('refuses to leave another model dense, once it has pruned one', async () => {
  const dropout = new TargetedDropout({schedule: whole(0.5, 2)});
  await fit(net(), [dropout]);
  const other = net();
  await expect(fit(other, [dropout])).rejects.toThrow(
    'TargetedDropout is at step 4, after all its pruning, but the model in this fit is dense instead of 0.5 ' +
      'sparse. Use a new',
  );
  dropout.reset();
  await fit(other, [dropout]);
  expect(zerosIn(weightOf(other))).toBe(12);
  const tiny = new TargetedDropout({schedule: whole(0.05, 2)}); // 0.4 of 8 weights: none
  const model = net();
  await fit(model, [tiny]);
  await fit(model, [tiny]);
  expect(zerosIn(weightOf(model))).toBe(0);
});

test('leaves a model whose weights have become NaN', async () => {
  const model = net();
  const dropout = new TargetedDropout({schedule: whole(0.5)});
  const spoil = new tf.CustomCallback({
    onBatchEnd: () => void weightOf(model).kernel.write(tf.fill([8, 3], NaN)),
  });
  await expect(fit(model, [dropout, spoil])).rejects.toThrow('got NaN at index 0');
  expect(weightOf(model).straightThrough).toBe(false);
  expect(drops(model)).toBe(false);
});

test('says once where training ends before anything is pruned', async () => {
  const dropout = new TargetedDropout({schedule: whole(0.5, 9)});
  const model = net();
  await fit(model, [dropout]);
  await fit(model, [dropout]);
  expect(warnings.mock.calls).toEqual([[expect.stringMatching(/will stop at step 4, before .* end at step 9/)]]);
  await fit(model, [dropout]);
  expect(zerosIn(weightOf(model))).toBe(12);
});

test.each<[string, object, RegExp]>([
  ['no schedule', {}, /expects exactly one of `sparsity`, `schedule`, got none/],
  ['a rate above 1', {rate: 1.5}, /`rate` to be a number in \[0, 1\], got 1.5/],
  ['a seed that is none', {seed: -1}, /`seed` to be a whole number >= 0, got -1/],
  ['an unknown option', {targeted: 0.5}, /no option `targeted`; its options are sparsity, schedule, criterion/],
  [
    'a criterion that observes',
    {criterion: taylor()},
    /a criterion that sees weights, model, got one that sees gradients; use one that needs only the weights/,
  ],
])('refuses %s', (name, args, message) => {
  const schedule = name === 'no schedule' ? {} : {schedule: whole(0.5)};
  expect(() => new TargetedDropout({...schedule, ...args})).toThrow(message);
});
