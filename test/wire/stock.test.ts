import {gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {prunable, pruneOnce, quantizationAware, stripPruning} from 'tfjs-pruning';
import {compressed, quantized, type CompressedArgs} from 'tfjs-pruning/wire';
import {distance, predict} from '../support/tensors.js';

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => jest.restoreAllMocks());

function net(): tf.Sequential {
  const kernelInitializer = () => tf.initializers.glorotNormal({seed: 5});
  const biasInitializer = tf.initializers.randomNormal({seed: 6});
  return tf.sequential({
    layers: [
      tf.layers.dense({name: 'first', units: 60, inputShape: [80], kernelInitializer: kernelInitializer()}),
      tf.layers.dense({name: 'last', units: 5, kernelInitializer: kernelInitializer(), biasInitializer}),
    ],
  });
}

async function pruned(): Promise<tf.LayersModel> {
  const model = prunable(net());
  await pruneOnce(model, {sparsity: 0.8});
  return stripPruning(model);
}

/** What a handler of tf.js is given. */
async function saved(model: tf.LayersModel, handlerOf: (target: tf.io.IOHandler) => tf.io.IOHandler) {
  let artifacts: tf.io.ModelArtifacts | undefined;
  const target = tf.io.withSaveHandler(given => {
    artifacts = given;
    return Promise.resolve({modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(given)});
  });
  await model.save(handlerOf(target));
  return artifacts!;
}

const stock = (model: tf.LayersModel, args: CompressedArgs = {}) =>
  saved(model, target => compressed(target, {...args, stock: true}));
const dtypesOf = ({weightSpecs}: tf.io.ModelArtifacts) => weightSpecs!.map(({quantization}) => quantization?.dtype);
const bytesOf = ({weightData}: tf.io.ModelArtifacts) => new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
const gzipped = (artifacts: tf.io.ModelArtifacts) => gzipSync(bytesOf(artifacts), {level: 9}).length;
const loaded = (artifacts: tf.io.ModelArtifacts) => tf.loadLayersModel(tf.io.fromMemory(artifacts));
const kernelOf = (model: tf.LayersModel) => [...model.weights[0]!.read().dataSync()];

test('tf.js loads it by itself; zeros are zeros, and few bits gzip better', async () => {
  const model = await pruned();
  const [eight, four] = [await stock(model), await stock(model, {bits: 4, others: 'float16'})];
  expect(dtypesOf(eight)).toEqual(['uint8', undefined, 'uint8', undefined]);
  expect(dtypesOf(four)).toEqual(['uint8', 'float16', 'uint8', 'float16']);
  expect(gzipped(four)).toBeLessThan(0.75 * gzipped(await saved(model, quantized)));
  const [before, after] = [kernelOf(model), kernelOf(await loaded(four))];
  expect(new Set(after).size).toBeLessThanOrEqual(15);
  before.forEach((value, i) => value === 0 && expect(after[i]).toBe(0));
  after.forEach((value, i) => expect(Math.abs(value - before[i]!)).toBeLessThan(0.06));
  expect(bytesOf(await stock(model))).toEqual(bytesOf(await saved(model, quantized)));
});

test('from 9 bits on a weight takes two bytes; levels are counted to each side', async () => {
  const model = await pruned();
  const twelve = await stock(model, {bits: 12});
  expect(dtypesOf(twelve)).toEqual(['uint16', undefined, 'uint16', undefined]);
  const x = tf.randomNormal([4, 80], 0, 1, 'float32', 1);
  expect(distance(predict(await loaded(twelve), x), predict(model, x))).toBeLessThan(5e-3);
  expect(new Set(kernelOf(await loaded(await stock(net(), {levels: 1})))).size).toBe(3);
  expect(warnings.mock.calls.flat()).toEqual([expect.stringContaining('weights that were not zero became zero')]);
});

test('the grid of quantization-aware training with one scale is kept, bit by bit', async () => {
  const parametrizations = [quantizationAware({bits: 4, perChannel: false})];
  const model = prunable(net(), {parametrizations});
  await pruneOnce(model, {sparsity: 0.5});
  const x = tf.randomNormal([4, 80], 0, 1, 'float32', 1);
  expect(distance(predict(await loaded(await stock(model)), x), predict(model, x))).toBe(0);
  expect(distance(predict(await loaded(await stock(model, {bits: 4})), x), predict(model, x))).toBe(0);
});

test('only the chosen layers are quantized', async () => {
  const artifacts = await stock(await pruned(), {layers: 'last', others: 'float16', bits: 5});
  expect(dtypesOf(artifacts)).toEqual(['float16', 'float16', 'uint8', 'float16']);
});

test('what 16 bits can not hold stays as it is', async () => {
  const model = net();
  model.getLayer('last').setWeights([tf.ones([60, 5]), tf.fill([5], 1e6)]);
  expect(dtypesOf(await stock(model, {others: 'float16'}))).toEqual(['uint8', 'float16', 'uint8', undefined]);
});

test('options and targets without an effect are refused', () => {
  const target = tf.io.withSaveHandler(jest.fn());
  expect(() => compressed(target, {stock: true, perChannel: false})).toThrow(
    'compressed expects no `perChannel` with `stock: true`: tf.js has one scale for a kernel; leave it out',
  );
  expect(() => compressed('nothing://x', {stock: true})).toThrow('compressed expects a URL that one handler of tf.js');
  expect(() => compressed({load: jest.fn()}, {stock: true} as never)).toThrow('or a handler with `save`');
  expect(() => compressed(target, {stock: 1} as never)).toThrow('`stock`');
});

test('a handler within another one is refused, which would take its bytes for floats', async () => {
  const store = {save: () => undefined};
  const message = /^compressed takes a model, not what `quantized` or `stock: true` made of it/;
  await expect(net().save(quantized(compressed(store)))).rejects.toThrow(message);
  await expect(net().save(compressed(compressed(store), {stock: true}))).rejects.toThrow(message);
});
