import * as tf from '@tensorflow/tfjs';
import {
  clusterWeights,
  maskZeros,
  prunable,
  pruneOnce,
  quantizationAware,
  reinitialize,
  stripPruning,
  type DeclaredParametrization,
} from 'tfjs-pruning';
import {compressed, type BytesStore} from 'tfjs-pruning/wire';
import {findCodebook} from '../../src/wire/grid/find-codebook.js';
import {findGrid} from '../../src/wire/grid/find-grid.js';
import {distance, expectNoLeak, predict, saveAndLoad} from '../support/tensors.js';
import {wrapper} from '../support/masks.js';

function net(): tf.Sequential {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  return tf.sequential({
    layers: [
      tf.layers.conv2d({filters: 8, kernelSize: 3, inputShape: [6, 6, 2], activation: 'relu', ...seeded(1)}),
      tf.layers.reshape({targetShape: [16, 8]}),
      tf.layers.lstm({units: 5, ...seeded(3), recurrentInitializer: tf.initializers.glorotNormal({seed: 4})}),
      tf.layers.dense({units: 2, ...seeded(5)}),
    ],
  });
}

const data = () => [tf.randomNormal([32, 6, 6, 2], 0, 1, 'float32', 6), tf.randomNormal([32, 2], 0, 1, 'float32', 7)];

/** A pruned net with these parametrizations, trained a little. */
async function trained(parametrizations: DeclaredParametrization[]): Promise<tf.LayersModel> {
  const pruned = prunable(net());
  await pruneOnce(pruned, {sparsity: 0.6});
  const model = prunable(stripPruning(pruned), {parametrizations});
  await maskZeros(model);
  model.compile({optimizer: tf.train.adam(0.003), loss: 'meanSquaredError'});
  await fit(model);
  return model;
}

async function fit(model: tf.LayersModel): Promise<void> {
  const [x, y] = data();
  await model.fit(x!, y!, {epochs: 4, batchSize: 8, verbose: 0, shuffle: false});
  tf.dispose([x, y]);
}

/** What a kernel holds, and how many zeros. */
function valuesOf(kernel: Float32Array): {distinct: number; zeros: number} {
  return {distinct: new Set(kernel).size, zeros: kernel.filter(value => value === 0).length};
}

const kernels = (model: tf.LayersModel) =>
  model.weights
    .filter(({shape}) => shape.length > 1)
    .map(weight => ({size: weight.read().size, values: weight.read().dataSync<'float32'>()}));

async function throughFile(model: tf.LayersModel): Promise<tf.LayersModel> {
  let bytes = new Uint8Array(0);
  const store: BytesStore = {save: given => void (bytes = given), load: () => bytes};
  await model.save(compressed(store));
  return tf.loadLayersModel(compressed(store));
}

test('trained, stripped, compressed and loaded, outputs are equal bit by bit, and few values are left', async () => {
  const model = await trained([clusterWeights({clusters: 6})]);
  const plain = stripPruning(model);
  const loaded = await throughFile(plain);
  const [x] = data();
  for (const other of [plain, loaded, await saveAndLoad(model)]) {
    expect(distance(predict(other, x!), predict(model, x!))).toBe(0);
  }
  for (const {size, values} of kernels(loaded)) {
    const {distinct, zeros} = valuesOf(values);
    expect(distinct).toBeLessThanOrEqual(7);
    expect(zeros).toBe(Math.round(0.6 * size));
    expect(findCodebook(values)).toBeDefined();
  }
  await expectNoLeak(() => fit(model));
});

test('pruned, clustered and quantized together, zeros and centroids are kept on a grid of one scale', async () => {
  const model = await trained([clusterWeights({clusters: 6}), quantizationAware({bits: 8, perChannel: false})]);
  const plain = stripPruning(model);
  const [x] = data();
  expect(distance(predict(await throughFile(plain), x!), predict(model, x!))).toBe(0);
  for (const {size, values} of kernels(plain)) {
    const {distinct, zeros} = valuesOf(values);
    expect(distinct).toBeLessThanOrEqual(7);
    expect(zeros).toBe(Math.round(0.6 * size));
    const grid = findGrid({values, rows: size, columns: 1})!;
    expect(Math.max(...grid.levels.map(Math.abs))).toBeLessThanOrEqual(127);
  }
});

/** A kernel of 12 weights with 2 centroids. */
function clusteredDense(args: object = {}): tf.LayersModel {
  const layer = tf.layers.dense({name: 'd', units: 1, inputShape: [12], useBias: false});
  const dense = tf.sequential({layers: [layer]});
  dense.setWeights([tf.tensor2d([1, 2, 3, 0, 10, 11, 12, 0, 0, 0, 0, 0], [12, 1])]);
  return prunable(dense, {parametrizations: [clusterWeights({clusters: 2, ...args})]});
}

const readings = (model: tf.LayersModel) => [...wrapper(model, 'd').maskedWeights[0]!.read().dataSync()];

const centroids = (model: tf.LayersModel) => model.layers[0]!.trainableWeights[1]!;

test('begins with the k-means of the weights that are not zero', () => {
  const model = clusteredDense();
  expect(centroids(model).originalName).toBe('d/kernel_centroids');
  expect(centroids(model).shape).toEqual([1, 1, 2]);
  expect(readings(model)).toEqual([2, 2, 2, 0, 11, 11, 11, 0, 0, 0, 0, 0]);
});

test.each([
  ['sum', [2 + 5 + 1, 3 + 4 + 7]],
  ['mean', [(2 + 5 + 1) / 3, (3 + 4 + 7) / 3]],
])(
  'the gradient of a centroid is the %s of those of its weights, which also pass to the weights',
  (gradient, pulls) => {
    const model = clusteredDense({gradient});
    const variables = model.layers[0]!.trainableWeights.map(weight => weight.read() as tf.Variable);
    const x = [2, 5, 1, 8, 3, 4, 7, 1, 2, 3, 4, 5];
    const {grads} = tf.variableGrads(
      () => tf.sum(model.apply(tf.tensor2d([x]), {training: true}) as tf.Tensor),
      variables,
    );
    expect([...grads[variables[0]!.name]!.dataSync()]).toEqual(x);
    [...grads[variables[1]!.name]!.dataSync()].forEach((pull, i) => expect(pull).toBeCloseTo(pulls[i]!, 5));
  },
);

test('weights change to a nearer centroid, whatever the order of the centroids', () => {
  const model = clusteredDense();
  tf.tidy(() => void centroids(model).write(tf.tensor3d([[[8, 4]]])));
  expect(readings(model)).toEqual([4, 4, 4, 0, 8, 8, 8, 0, 0, 0, 0, 0]);
  tf.tidy(() => void centroids(model).write(tf.tensor3d([[[8, 15]]])));
  expect(readings(model)).toEqual([8, 8, 8, 0, 8, 8, 15, 0, 0, 0, 0, 0]);
});

test.each([NaN, Infinity, -Infinity])('a weight that becomes %d is NaN, and the others are not', value => {
  const model = clusteredDense();
  tf.tidy(() => {
    const {kernel} = wrapper(model, 'd').maskedWeights[0]!;
    void kernel.write(tf.tensor2d([1, value, 3, 0, 10, 11, 12, 0, 0, 0, 0, 0], [12, 1]));
  });
  expect(readings(model)).toEqual([2, NaN, 2, 0, 11, 11, 11, 0, 0, 0, 0, 0]);
});

test.each([NaN, Infinity])('a centroid that becomes %d makes all weights NaN', value => {
  const model = clusteredDense();
  tf.tidy(() => void centroids(model).write(tf.tensor3d([[[2, value]]])));
  expect(readings(model)).toEqual(Array(12).fill(NaN));
});

test('a training that diverges goes on with NaN', async () => {
  const model = clusteredDense();
  model.compile({optimizer: tf.train.sgd(1e30), loss: 'meanSquaredError'});
  const {history} = await model.fit(tf.ones([8, 12]), tf.ones([8, 1]), {epochs: 6, verbose: 0});
  expect(history['loss']!.at(-1)).toBeNaN();
  expect(readings(model)[0]).toBeNaN();
});

test('finds the nearest of many centroids as a search through all does', () => {
  const layer = tf.layers.dense({name: 'd', units: 40, inputShape: [60], useBias: false});
  const model = prunable(tf.sequential({layers: [layer]}), {parametrizations: [clusterWeights({clusters: 255})]});
  const [all] = wrapper(model, 'd').maskedWeights;
  const codebook = [...centroids(model).read().dataSync()];
  const weights = all!.kernel.read().dataSync();
  const nearest = (weight: number) =>
    codebook.reduce((best, each) => (Math.abs(each - weight) < Math.abs(best - weight) ? each : best));
  all!
    .read()
    .dataSync()
    .forEach((value, i) => {
      expect(Math.abs(value - weights[i]!)).toBeCloseTo(Math.abs(nearest(weights[i]!) - weights[i]!), 6);
    });
});

test('begins again with the weights that reinitialize draws', () => {
  const model = clusteredDense();
  reinitialize(model, {seed: 1});
  const drawn = readings(model);
  expect(drawn.every(value => Math.abs(value) < 2)).toBe(true);
  expect(new Set(drawn).size).toBe(2);
  expect(Math.max(...drawn)).toBeGreaterThan(0);
});

test.each([
  [{}, '`clusters` to be a whole number from 2 to 255, got undefined'],
  [{clusters: 1}, '`clusters` to be a whole number from 2 to 255, got 1'],
  [{clusters: 256}, '`clusters` to be a whole number from 2 to 255, got 256'],
  [{clusters: 4, initialization: 'typo'}, '`initialization`'],
  [{clusters: 4, typo: 1}, 'clusterWeights has no option `typo`'],
])('refuses %j', (args, message) => {
  expect(() => clusterWeights(args as {clusters: number})).toThrow(message);
});

test.each([NaN, Infinity])('a weight of %d is refused, and nothing leaks', async value => {
  const model = tf.sequential({layers: [tf.layers.dense({name: 'd', units: 2, inputShape: [2]})]});
  model.setWeights([tf.tensor2d([1, 2, value, 3], [2, 2]), tf.zeros([2])]);
  const wrap = () => prunable(model, {parametrizations: [clusterWeights({clusters: 2})]});
  expect(wrap).toThrow(`clusterWeights expects finite weights in "d/kernel", got ${value}; has training diverged?`);
  await expectNoLeak(() => {
    expect(wrap).toThrow(RangeError);
    return Promise.resolve();
  });
});
