import * as tf from '@tensorflow/tfjs';
import {
  applyMasks,
  perLayer,
  prunable,
  pruneOnce,
  random,
  readMasks,
  reinitialize,
  restoreDense,
  shuffleMasks,
  type Masks,
} from 'tfjs-pruning';
import {wrapper, zerosIn} from '../support/masks.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';

const KERNEL = [5, -1, 4, -2, 3, -6, 0.5, 0.25];
const HALF = [1, 0, 1, 0, 1, 1, 0, 0];

/** Two Dense layers, `a` with a known kernel. */
function net(): tf.Sequential {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'a', units: 2, inputShape: [4], ...seeded(1)}),
        tf.layers.dense({name: 'b', units: 50, ...seeded(2)}),
      ],
    }),
  );
  weightOf(model, 'a').kernel.write(tf.tensor2d(KERNEL, [4, 2]));
  return model;
}

const weightOf = (model: tf.LayersModel, name: string) => wrapper(model, name).maskedWeights[0]!;
const maskOf = (model: tf.LayersModel, name: string) => [...weightOf(model, name).mask.read().dataSync()];
const kernelOf = (model: tf.LayersModel, name: string) =>
  [...weightOf(model, name).kernel.read().dataSync()].map(x => x + 0);
const masked = (mask: readonly number[]) => KERNEL.map((x, i) => x * mask[i]! + 0);

test('masks move from model to model, and with them the outputs', async () => {
  const [from, to] = [net(), net()];
  await pruneOnce(from, {sparsity: 0.5});
  const masks = await readMasks(from);
  expect(Object.keys(masks)).toEqual(['a/kernel', 'b/kernel']);
  await applyMasks(to, masks);
  expect(maskOf(to, 'a')).toEqual(HALF);
  expect(kernelOf(to, 'a')).toEqual(masked(HALF));
  const x = tf.randomNormal([5, 4], 0, 1, 'float32', 7);
  expect(distance(predict(from, x), predict(to, x))).toBe(0);
  tf.dispose(masks);
  expect(maskOf(to, 'a')).toEqual(HALF);
  expect(maskOf(await saveAndLoad(to), 'a')).toEqual(HALF);
});

// torch 2.15: prune.custom_from_mask composes with what is there; here it takes its place, and what is gone stays zero.
test('a mask takes the place of the one before, and leaves those of other layers', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.5});
  const b = maskOf(model, 'b');
  const inverse = HALF.map(x => 1 - x);
  await applyMasks(model, {'a/kernel': tf.tensor2d(inverse, [4, 2], 'bool')});
  expect([maskOf(model, 'a'), maskOf(model, 'b')]).toEqual([inverse, b]);
  expect(kernelOf(model, 'a')).toEqual(Array(8).fill(0));
  const dense = net();
  await applyMasks(dense, {'a/kernel': tf.tensor2d(HALF, [4, 2], 'int32')}, {keepDense: true});
  expect(kernelOf(dense, 'a')).toEqual(KERNEL);
  await applyMasks(dense, {'a/kernel': tf.tensor2d(inverse, [4, 2])});
  expect(kernelOf(dense, 'a')).toEqual(masked(inverse));
});

test.each<[masks: () => Masks, error: ErrorConstructor, message: string]>([
  [
    () => ({'a/kernel': tf.ones([4, 2]), 'c/kernel': tf.ones([1])}),
    RangeError,
    'Expected masks for weights of the model, got one for "c/kernel"; there are "a/kernel", "b/kernel"',
  ],
  [
    () => ({'b/kernel': tf.ones([2, 50]), 'a/kernel': tf.ones([2, 4])}),
    RangeError,
    'Expected the mask of "a/kernel" to be of shape [4,2], got [2,4]',
  ],
  [
    () => ({'a/kernel': tf.fill([4, 2], 0.5)}),
    RangeError,
    'Expected the mask of "a/kernel" to hold only 0 and 1, got 0.5 at index 0; ' + 'use 1 for kept and 0 for pruned',
  ],
  [
    () => ({'a/kernel': tf.zeros([4, 2])}),
    RangeError,
    'Expected the mask of "a/kernel" to keep something, but all of it is 0',
  ],
  [() => ({'a/kernel': [1, 0] as never}), TypeError, 'Expected the mask of "a/kernel" to be a tensor, got an Array'],
  [
    () => tf.ones([4, 2]) as never,
    TypeError,
    "applyMasks expects an object with a mask for each weight's name, got a Tensor",
  ],
  [() => null as never, TypeError, 'got null'],
])('a wrong mask is refused, and changes nothing (%#)', async (masks, error, message) => {
  const model = net();
  const applying = applyMasks(model, masks());
  await expect(applying).rejects.toThrow(error);
  await expect(applying).rejects.toThrow(message);
  expect([zerosIn(weightOf(model, 'a')), zerosIn(weightOf(model, 'b'))]).toEqual([0, 0]);
  expect([...maskOf(model, 'a'), ...maskOf(model, 'b')].every(x => x === 1)).toBe(true);
});

test('weights of the same name in nested models are told apart by their places', async () => {
  const inner = (name: string) =>
    tf.sequential({name, layers: [tf.layers.dense({name: 'fc', units: 4, inputShape: [4]})]});
  const model = prunable(tf.sequential({layers: [inner('one'), inner('two')]}));
  await pruneOnce(model, {
    sparsity: 0.75,
    criterion: random({seed: 1}),
    allocation: perLayer({one: 0.5, 'two/fc': 0.75}),
  });
  const masks = await readMasks(model);
  expect(Object.keys(masks)).toEqual(['one/fc/kernel', 'two/fc/kernel']);
  const [one, two] = Object.values(masks).map(mask => [...mask.dataSync<'float32'>()]);
  expect([one!, two!].map(mask => mask.filter(kept => kept === 0).length)).toEqual([8, 12]);
  expect(two!.every((kept, i) => kept <= one![i]!)).toBe(false); // random draws differ
  await applyMasks(model, {'one/fc/kernel': masks['two/fc/kernel']!});
  expect([...(await readMasks(model))['one/fc/kernel']!.dataSync()]).toEqual(two);
});

test('dense weights come back while they exist, all or none', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.5, layers: 'a', keepDense: true});
  expect(maskOf(model, 'a')).toEqual(HALF);
  await restoreDense(model); // there is nothing to restore in b
  expect([maskOf(model, 'a'), kernelOf(model, 'a')]).toEqual([Array(8).fill(1), KERNEL]);
  await pruneOnce(model, {sparsity: 0.5, layers: 'a', keepDense: true});
  await pruneOnce(model, {sparsity: 0.5, layers: 'b'});
  await expect(restoreDense(model)).rejects.toThrow(
    new Error(
      'restoreDense finds no dense weights of "b/kernel": where they are masked, the kernels are zero. ' +
        'Prune with `keepDense: true` to keep them',
    ),
  );
  expect(maskOf(model, 'a')).toEqual(HALF);
  await restoreDense(model, {layers: 'a'});
  expect(maskOf(model, 'a')).toEqual(Array(8).fill(1));
});

test('masks of ones are known as such, so that the kernel itself is computed with, others are not', async () => {
  const model = net();
  const isKernel = () => weightOf(model, 'a').read() === weightOf(model, 'a').kernel.read();
  await pruneOnce(model, {sparsity: 0.5, layers: 'a', keepDense: true});
  expect(isKernel()).toBe(false);
  await restoreDense(model);
  expect(isKernel()).toBe(true);
  await applyMasks(model, {'a/kernel': tf.tensor2d(HALF, [4, 2])}, {keepDense: true});
  expect(isKernel()).toBe(false);
  expect([...weightOf(model, 'a').read().dataSync()].map(x => x + 0)).toEqual(masked(HALF));
  await applyMasks(model, {'a/kernel': tf.ones([4, 2])});
  expect(isKernel()).toBe(true);
});

test('shuffling keeps as many of each layer, others, and by the seed the same', async () => {
  const masks = async (seed?: number) => {
    const model = net();
    await pruneOnce(model, {sparsity: 0.75, keepDense: true});
    await shuffleMasks(model, seed === undefined ? {} : {seed});
    expect(kernelOf(model, 'a')).toEqual(KERNEL);
    return [maskOf(model, 'a'), maskOf(model, 'b')];
  };
  const [one, again, other, any] = [await masks(1), await masks(1), await masks(2), await masks()];
  for (const [a, b] of [one, other, any]) {
    expect([a, b].map(mask => mask!.filter(x => x === 1).length)).toEqual([2, 25]);
  }
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  const model = net();
  await pruneOnce(model, {sparsity: 0.75});
  expect([one[1], other[1], any[1]]).not.toContainEqual(maskOf(model, 'b'));
});

test('shuffling leaves a mask of ones to be known as one', async () => {
  const model = net();
  await shuffleMasks(model, {seed: 1});
  expect(weightOf(model, 'a').read()).toBe(weightOf(model, 'a').kernel.read());
});

test('every place is kept as often as any other over many shuffles', async () => {
  const counts = Array<number>(8).fill(0);
  const model = net();
  await pruneOnce(model, {sparsity: 0.5, keepDense: true});
  for (let seed = 0; seed < 400; seed++) {
    await shuffleMasks(model, {seed, layers: 'a'});
    maskOf(model, 'a').forEach((x, i) => (counts[i]! += x));
  }
  counts.forEach(count => expect(Math.abs(count - 200)).toBeLessThan(45)); // 4.5 standard deviations
});

test('shuffled masks leave zeros in kernels whose dense weights are gone', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.5});
  await shuffleMasks(model, {seed: 1});
  expect(kernelOf(model, 'a')).toEqual(masked(HALF.map((x, i) => x * maskOf(model, 'a')[i]!)));
});

test('kept weights are drawn anew by the own initializer, masked ones stay zero', async () => {
  const init = tf.initializers.randomUniform({minval: 10, maxval: 11, seed: 3});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.dense({name: 'first', units: 40, inputShape: [30], kernelInitializer: init, biasInitializer: 'ones'}),
        tf.layers.dense({name: 'constant', units: 5, kernelInitializer: tf.initializers.constant({value: 7})}),
        tf.layers.reshape({targetShape: [5, 1]}),
        tf.layers.lstm({name: 'lstm', units: 3}),
      ],
    }),
  );
  const before = kernelOf(model, 'first');
  await pruneOnce(model, {sparsity: 0.5});
  const masks = maskOf(model, 'first');
  reinitialize(model, {seed: 5});
  const after = kernelOf(model, 'first');
  expect(maskOf(model, 'first')).toEqual(masks);
  expect(after.every((x, i) => (masks[i] === 0 ? x === 0 : x >= 10 && x <= 11 && x !== before[i]))).toBe(true);
  expect(new Set(kernelOf(model, 'constant'))).toEqual(new Set([0, 7]));
  expect([...wrapper(model, 'first').layer.weights[1]!.read().dataSync()]).toEqual(Array(40).fill(1));
  reinitialize(model, {seed: 5});
  expect(kernelOf(model, 'first')).toEqual(after);
  reinitialize(model);
  expect(kernelOf(model, 'first')).not.toEqual(after);
});

test('kernels of the same shape and initializer are drawn apart from each other', () => {
  const layers = ['a', 'b', 'c'].map(name => tf.layers.dense({name, units: 6, inputShape: [6], useBias: false}));
  const model = prunable(
    tf.sequential({layers: [...layers, tf.layers.reshape({targetShape: [1, 6]}), tf.layers.gru({units: 6})]}),
  );
  reinitialize(model, {seed: 3});
  const drawn = ['a', 'b', 'c'].map(name => kernelOf(model, name).join());
  expect(new Set(drawn).size).toBe(3);
});

test('the kernels of separable, depthwise, embedding and recurrent layers have initializers of their own', () => {
  const image = tf.sequential({
    layers: [
      tf.layers.separableConv2d({filters: 2, kernelSize: 2, inputShape: [5, 5, 2], depthwiseInitializer: 'ones'}),
      tf.layers.depthwiseConv2d({kernelSize: 2, depthwiseInitializer: 'ones'}),
    ],
  });
  const words = tf.sequential({
    layers: [
      tf.layers.embedding({inputDim: 6, outputDim: 2, inputLength: 3, embeddingsInitializer: 'ones'}),
      tf.layers.bidirectional({
        layer: tf.layers.gru({units: 2, kernelInitializer: 'ones', recurrentInitializer: 'zeros'}),
        mergeMode: 'concat',
      }),
    ],
  });
  for (const model of [image, words].map(plain => prunable(plain))) {
    for (const {maskedWeights} of model.layers as unknown as ReturnType<typeof wrapper>[]) {
      for (const {kernel} of maskedWeights) kernel.write(tf.fill(kernel.shape as number[], 9));
    }
    reinitialize(model, {seed: 1});
    const values = (model.layers as unknown as ReturnType<typeof wrapper>[]).flatMap(({maskedWeights}) =>
      maskedWeights.map(({name, kernel}) => [/recurrent/.test(name), [...new Set(kernel.read().dataSync())]]),
    );
    for (const [isRecurrent, distinct] of values) expect(distinct).toEqual([isRecurrent ? 0 : 1]);
  }
});

test('nothing of these leaves tensors behind', async () => {
  const model = net();
  await pruneOnce(model, {sparsity: 0.5, keepDense: true});
  await expectNoLeak(async () => {
    const masks = await readMasks(model);
    await shuffleMasks(model, {seed: 1});
    await applyMasks(model, masks, {keepDense: true});
    await restoreDense(model);
    reinitialize(model, {seed: 1});
    tf.dispose(masks);
  });
});

test.each([
  [{seed: -1}, 'Expected `seed` to be a whole number >= 0, got -1'],
  [{sed: 1}, 'has no option `sed`; its options are seed, layers'],
  [{layers: 'c'}, '"c" matches none; there are "a", "b"'],
])('sanity checks refuse %j', async (args, message) => {
  await expect(shuffleMasks(net(), args as object)).rejects.toThrow(message);
  expect(() => reinitialize(net(), args as object)).toThrow(message);
});
