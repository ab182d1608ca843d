import * as tf from '@tensorflow/tfjs';
import {prunable, type Data} from 'tfjs-pruning';
import {recalibrateBatchNorm} from '../../src/recovery/recalibrate-batch-norm.js';
import {expectNoLeak, predict} from '../support/tensors.js';

const batchNorm = (more = {}) => tf.layers.batchNormalization(more);
const dense = (units: number, more = {}) =>
  tf.layers.dense({units, kernelInitializer: tf.initializers.glorotUniform({seed: 1}), ...more});

/** Two batches of three examples with two features. */
const FIRST = [[1, 10], [2, 20], [6, 60]]; // prettier-ignore
const SECOND = [[0, 1], [0, 3], [3, 2]]; // prettier-ignore
const batches = () => [{xs: tf.tensor2d(FIRST)}, {xs: tf.tensor2d(SECOND)}];
const all = () => tf.tensor2d([...FIRST, ...SECOND]);

/** Means 3, 30 and 1, 2; variances (4 + 1 + 9) / 3, 100 times as much, and (1 + 1 + 4) / 3, (1 + 1 + 0) / 3. */
const MEAN = [2, 16];
const VARIANCE = [(14 / 3 + 2) / 2, (1400 / 3 + 2 / 3) / 2];

const norms = (...layers: tf.layers.Layer[]) => tf.sequential({layers});
const alone = (more = {}) => norms(batchNorm({name: 'norm', inputShape: [2], ...more}));

/** The moving mean and variance of a layer. */
function moving(layer: tf.layers.Layer): number[][] {
  const find = (suffix: string) => layer.weights.find(({originalName}) => originalName.endsWith(suffix))!;
  return ['moving_mean', 'moving_variance'].map(suffix => [...find(suffix).read().dataSync()]);
}

function expectMoving(layer: tf.layers.Layer, mean: number[], variance: number[]): void {
  const [actualMean, actualVariance] = moving(layer);
  expectClose(actualMean!, mean);
  expectClose(actualVariance!, variance);
}

function expectClose(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!))),
  );
}

/** All weights of a model. */
const values = (model: tf.LayersModel) => model.weights.map(weight => [...weight.read().dataSync()]);

const mean = (xs: number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const variance = (xs: number[]) => mean(xs.map(x => (x - mean(xs)) ** 2));

test('averages what the batches show, by hand', async () => {
  const model = alone();
  await recalibrateBatchNorm(model, {data: batches()});
  expectMoving(model.layers[0]!, MEAN, VARIANCE);
});

test.each<[string, () => Data]>([
  ['a list', batches],
  ['an iterable', () => new Set(batches())],
  [
    'an asynchronous iterable',
    async function* () {
      for (const batch of batches()) {
        await tf.nextFrame();
        yield batch;
      }
    },
  ],
  ['a dataset', () => tf.data.array(batches())],
  ['batches with targets, by the name of the input', () => batches().map(({xs}) => ({xs: {norm_input: xs}, ys: xs}))],
])('takes %s', async (_, data) => {
  const model = alone();
  const given = data();
  await recalibrateBatchNorm(model, {data: given});
  expectMoving(model.layers[0]!, MEAN, VARIANCE);
});

test('cuts tensors into batches of the size asked for', async () => {
  const model = alone();
  await recalibrateBatchNorm(model, {data: {xs: all()}, batchSize: 3});
  expectMoving(model.layers[0]!, MEAN, VARIANCE);
});

test('cuts tensors into batches of 32 by default, and weighs a smaller last one by its size', async () => {
  const xs = Array.from({length: 33}, (_, i) => (i < 32 ? i % 2 : 17));
  const model = norms(batchNorm({inputShape: [1]}));
  await recalibrateBatchNorm(model, {data: {xs: tf.tensor2d(xs, [33, 1])}});
  expectMoving(model.layers[0]!, [(32 * 0.5 + 17) / 33], [(32 * 0.25 + 0) / 33]);
});

test('a layer sees what the batch is after those before it have normalized the batch', async () => {
  const model = norms(
    batchNorm({name: 'first', inputShape: [2], epsilon: 0.5}),
    tf.layers.dense({units: 1, useBias: false, weights: [tf.tensor2d([[1], [-2]])]}),
    tf.layers.dropout({rate: 0.9}),
    batchNorm({name: 'second'}),
  );
  await recalibrateBatchNorm(model, {data: batches()});
  const outputs = [FIRST, SECOND].map(batch => {
    const column = (c: number) => batch.map(row => row[c]!);
    const normal = (c: number) => column(c).map(x => (x - mean(column(c))) / Math.sqrt(variance(column(c)) + 0.5));
    return normal(0).map((x, i) => x - 2 * normal(1)[i]!);
  });
  expectMoving(model.getLayer('first'), MEAN, VARIANCE);
  expectMoving(model.getLayer('second'), [mean(outputs.map(mean))], [mean(outputs.map(variance))]);
});

test('is what training without momentum leaves, with one batch: the statistics are those of tf.js', async () => {
  const build = () =>
    norms(
      tf.layers.conv2d({
        filters: 4,
        kernelSize: 3,
        kernelInitializer: tf.initializers.heNormal({seed: 2}),
        inputShape: [6, 6, 2],
      }),
      batchNorm({momentum: 0}),
      tf.layers.reLU(),
      batchNorm({momentum: 0, axis: 1}),
    );
  const [ours, theirs] = [build(), build()];
  const xs = tf.randomNormal([5, 6, 6, 2], 3, 2, 'float32', 7);
  await recalibrateBatchNorm(ours, {data: [{xs}]});
  tf.tidy(() => void theirs.call(xs, {training: true}));
  for (const i of [1, 3]) expectMoving(ours.layers[i]!, ...(moving(theirs.layers[i]!) as [number[], number[]]));
});

test('reaches layers without scale or shift, in nested models, wrapped ones, and at each time step', async () => {
  const inner = norms(batchNorm({name: 'inner', inputShape: [2, 2], scale: false, center: false}));
  const steps = tf.layers.timeDistributed({layer: batchNorm({name: 'steps'})});
  const xs = tf.tensor3d([[[1, 0], [3, 4]], [[5, 0], [7, 4]]]); // prettier-ignore
  const nested = norms(inner, dense(2, {kernelInitializer: 'identity'}));
  const wrapped = prunable(nested);
  await recalibrateBatchNorm(wrapped, {data: [{xs}]});
  expectMoving((wrapped.layers[0] as tf.Sequential).layers[0]!, [4, 2], [5, 4]);
  await recalibrateBatchNorm(nested, {data: [{xs}]});
  expectMoving(inner.layers[0]!, [4, 2], [5, 4]);
  const overTime = tf.sequential({layers: [tf.layers.activation({activation: 'linear', inputShape: [2, 2]}), steps]});
  await recalibrateBatchNorm(overTime, {data: [{xs}]});
  expectMoving(steps, [4, 2], [4, 0]); // steps [1, 5] and [3, 7]; [0, 0] and [4, 4]
});

test('averages over all uses of a shared layer', async () => {
  const norm = batchNorm({name: 'shared'});
  const [a, b] = [tf.input({shape: [1]}), tf.input({shape: [1]})];
  const outputs = [norm.apply(a), norm.apply(b)] as tf.SymbolicTensor[];
  await recalibrateBatchNorm(tf.model({inputs: [a, b], outputs}), {
    data: [{xs: [tf.tensor2d([[0], [2]]), tf.tensor2d([[10], [16]])]}],
  });
  expectMoving(norm, [7], [5]);
});

test('gives back what wrong statistics took: outputs of mean 0 and variance 1', async () => {
  const model = norms(dense(3, {inputShape: [2]}), batchNorm({epsilon: 1e-6}));
  await recalibrateBatchNorm(model, {data: {xs: all()}, batchSize: 6});
  const [outputs] = predict(model, all());
  const {mean: means, variance: variances} = tf.moments(outputs!, 0);
  expectClose([...means.dataSync()], [0, 0, 0]);
  expectClose([...variances.dataSync()], [1, 1, 1]);
});

test('a frozen layer keeps its statistics, and normalizes with them', async () => {
  const frozen = batchNorm({name: 'frozen', inputShape: [2], epsilon: 0.25, trainable: false});
  const base = tf.sequential({name: 'base', layers: [batchNorm({name: 'within', inputShape: [2], epsilon: 0})]});
  base.trainable = false;
  const model = norms(frozen, base, batchNorm({name: 'free'}));
  frozen.setWeights([tf.ones([2]), tf.zeros([2]), tf.tensor1d([2, 1]), tf.tensor1d([0, 3.75])]);
  await recalibrateBatchNorm(model, {data: batches()});
  expectMoving(frozen, [2, 1], [0, 3.75]);
  expectMoving(base.layers[0]!, [0, 0], [1, 1]);
  expectMoving(model.getLayer('free'), [(2 - 2) / 0.5, (16 - 1) / 2], [VARIANCE[0]! / 0.25, VARIANCE[1]! / 4]);
});

test('changes nothing but the statistics, and leaks nothing', async () => {
  const model = norms(dense(3, {inputShape: [2]}), batchNorm({momentum: 0.7}), dense(2));
  const given = batches();
  const x = tf.tensor2d(FIRST);
  const before = model.layers.map(layer => layer.getConfig());
  const trained = model.trainableWeights.map(weight => [...weight.read().dataSync()]);
  await expectNoLeak(() => recalibrateBatchNorm(model, {data: given}));
  expect(model.layers.map(layer => layer.getConfig())).toEqual(before);
  expect(model.trainableWeights.map(weight => [...weight.read().dataSync()])).toEqual(trained);
  expect(Object.keys(model.layers[1]!)).not.toContain('call');
  const first = values(model);
  predict(model, x).forEach(y => y.dispose());
  expect(values(model)).toEqual(first);
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  await model.fit(x, tf.ones([3, 2]), {verbose: 0}); // trains on as it did
  expect(moving(model.layers[1]!)).not.toEqual(first.slice(-2));
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a batch that does not fit, later on',
    function* () {
      yield* batches();
      yield {xs: tf.ones([3, 5])};
    },
    /batch 2 to have the shape \[batch,2\]/,
  ],
  [
    'data that stop short',
    function* () {
      yield* batches();
      throw new Error('the disk is full');
    },
    /the disk is full/,
  ],
  [
    'data that are not finite',
    () => [
      ...batches(),
      {
        xs: tf.tensor2d([
          [1, NaN],
          [2, 2],
        ]),
      },
    ],
    /finite statistics of layer "norm"/,
  ],
  [
    'one example at a time',
    () => [{xs: tf.ones([1, 2])}, {xs: tf.zeros([1, 2])}],
    /several examples: layer "norm" saw one value/,
  ],
  ['no batches', () => [], /at least one batch, got none/],
  ['no examples', () => ({xs: tf.zeros([0, 2])}), /the tensors of `data` .*, at least one, got 0/],
  ['tensors that do not fit', () => ({xs: tf.ones([3, 5])}), /`xs` of `data` to have the shape \[batch,2\]/],
  ['a bare tensor', () => tf.ones([3, 2]), /to be tensors \{xs, ys\}, .*, got a Tensor; pass inputs as \{xs: tensor\}/],
  [
    'no data',
    () => undefined,
    /`data` to be tensors \{xs, ys\}, a list of such batches or a dataset of them, got undefined/,
  ],
])('a model is as it was after %s', async (_, data, message) => {
  const model = alone();
  const [before, given] = [values(model), data()];
  const tensors = tf.memory().numTensors;
  await expect(recalibrateBatchNorm(model, {data: given as never})).rejects.toThrow(message);
  if (Array.isArray(given) || given instanceof tf.Tensor) expect(tf.memory().numTensors).toBe(tensors);
  expect(values(model)).toEqual(before);
  expect(Object.keys(model.layers[0]!)).not.toContain('call');
});

test('refuses models without layers to recalibrate, and wrong options', async () => {
  const none = norms(dense(2, {inputShape: [2]}));
  const message = /expects a model with BatchNormalization layers that are not frozen, but "\w+" has none/;
  await expect(recalibrateBatchNorm(none, {data: batches()})).rejects.toThrow(message);
  await expect(recalibrateBatchNorm(alone({trainable: false}), {data: batches()})).rejects.toThrow(message);
  await expect(recalibrateBatchNorm({} as never, {data: batches()})).rejects.toThrow(
    /recalibrateBatchNorm expects a tf.Sequential/,
  );
  await expect(recalibrateBatchNorm(alone(), {data: {xs: all()}, batchSize: 0})).rejects.toThrow(
    /`batchSize` to be a whole number >= 1/,
  );
  await expect(recalibrateBatchNorm(alone(), {data: {xs: all()}, batchsize: 2} as never)).rejects.toThrow(
    /has no option `batchsize`/,
  );
  await expect(recalibrateBatchNorm(alone(), {data: batches(), batchSize: 3})).rejects.toThrow(
    /`batchSize` only with tensors \{xs, ys\}, which it cuts/,
  );
});
