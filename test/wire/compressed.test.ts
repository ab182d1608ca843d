import {createServer, type Server} from 'node:http';
import {mkdtempSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {compressed, type BytesStore} from 'tfjs-pruning/wire';
import {randomNumbers} from '../../src/math/random-numbers.js';
import {codeWeight} from '../../src/wire/code-weights.js';
import type {FileWeight} from '../../src/wire/format/model-file.js';
import {writeModelFile} from '../../src/wire/format/write-model-file.js';
import {valuesOf as valuesOfWeight} from '../../src/wire/format/values-of.js';
import {findGrid} from '../../src/wire/grid/find-grid.js';
import {distance, predict} from '../support/tensors.js';

let warnings: jest.SpyInstance;
beforeEach(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterEach(() => warnings.mockRestore());

const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-wire-'));

function net(): tf.LayersModel {
  const kernelInitializer = () => tf.initializers.glorotNormal({seed: 5});
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'conv',
        inputShape: [8, 8, 2],
        filters: 4,
        kernelSize: 3,
        kernelInitializer: kernelInitializer(),
        biasInitializer: tf.initializers.randomNormal({seed: 6}),
      }),
      tf.layers.batchNormalization({name: 'norm'}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'dense', units: 3, kernelInitializer: kernelInitializer()}),
    ],
  });
}

/** The values of the weights, by name. */
const valuesOf = (model: tf.LayersModel) =>
  Object.fromEntries(model.weights.map(weight => [weight.originalName, [...weight.read().dataSync()]]));

/** Keeps the bytes in memory. */
function memory(): Required<BytesStore> & {bytes: Uint8Array<ArrayBuffer>} {
  const store = {
    bytes: new Uint8Array(0),
    save: (bytes: Uint8Array<ArrayBuffer>) => void (store.bytes = bytes),
    load: () => store.bytes,
  };
  return store;
}

const input = () => tf.randomNormal([4, 8, 8, 2], 0, 1, 'float32', 1);

test('saving pauses within a kernel, again and again', async () => {
  const model = tf.sequential({layers: [tf.layers.dense({units: 200, inputShape: [300]})]});
  let [now, turns] = [0, 0];
  jest.spyOn(Date, 'now').mockImplementation(() => (now += 100));
  const timer = setInterval(() => turns++);
  await model.save(compressed(memory()));
  clearInterval(timer);
  expect(turns).toBeGreaterThanOrEqual(10);
});

test('kernels come back within half a step of their scale, zeros as zeros, all else as it was', async () => {
  const model = net();
  const [kernel] = model.getLayer('dense').getWeights();
  model
    .getLayer('dense')
    .setWeights([tf.mul(kernel!, tf.abs(kernel!).greater(0.1)), ...model.getLayer('dense').getWeights().slice(1)]);
  const store = memory();
  await model.save(compressed(store, {bits: 6}));
  const [before, after] = [valuesOf(model), valuesOf(await tf.loadLayersModel(compressed(store)))];
  expect(Object.keys(after)).toEqual(Object.keys(before));
  for (const [name, values] of Object.entries(after)) {
    if (!name.endsWith('kernel')) expect(values).toEqual(before[name]);
    const largest = Math.max(...before[name]!.map(Math.abs));
    values.forEach((value, i) => expect(Math.abs(value - before[name]![i]!)).toBeLessThanOrEqual(0.06 * largest));
    values.forEach((value, i) => before[name]![i] === 0 && expect(value).toBe(0));
  }
});

test('what is on a grid already stays there, exactly, also with fewer scales', async () => {
  const [first, second] = [memory(), memory()];
  await net().save(compressed(first, {bits: 4, perChannel: false}));
  const loaded = await tf.loadLayersModel(compressed(first));
  await loaded.save(compressed(second));
  const again = await tf.loadLayersModel(compressed(second));
  expect(valuesOf(again)).toEqual(valuesOf(loaded));
  expect(second.bytes).toEqual(first.bytes);
});

test('weights of few values are kept exactly, as a codebook', async () => {
  const model = net();
  const values = [-0.31, 0, 0.07, 0.5555];
  const [kernel, bias] = model.getLayer('dense').getWeights();
  const few = Float32Array.from({length: kernel!.size}, (_, i) => values[(7 * i) % 5] ?? 0);
  model.getLayer('dense').setWeights([tf.tensor(few, kernel!.shape), bias!]);
  const store = memory();
  await model.save(compressed(store));
  expect(valuesOf(await tf.loadLayersModel(compressed(store)))['dense/kernel']).toEqual([...few]);
});

test.each([
  ['zeros, as of a dead layer', () => tf.zeros([144, 3])],
  ['one value', () => tf.fill([144, 3], 0.3)],
  ['one weight', () => tf.tensor([...Array<number>(431).fill(0), -0.7], [144, 3])],
])('a kernel of %s comes back exactly', async (_, kernel) => {
  const model = net();
  const values = kernel();
  model.getLayer('dense').setWeights([values, tf.zeros([3])]);
  for (const args of [{}, {bits: 2}, {bits: 16, perChannel: false}]) {
    const store = memory();
    await model.save(compressed(store, args));
    const loaded = valuesOf(await tf.loadLayersModel(compressed(store)))['dense/kernel']!;
    loaded.forEach((value, i) => expect(value).toBeCloseTo(values.dataSync()[i]!, 'bits' in args ? 1 : 12));
    expect(loaded.filter(value => value === 0)).toEqual([...values.dataSync()].filter(value => value === 0));
  }
});

test('a grid of which few levels are used becomes a codebook of these, which takes less', async () => {
  const coding = {most: undefined, perChannel: true, others: 'float32', isChosen: () => true} as const;
  const coded = (levels: readonly number[]) => {
    const values = Float32Array.from(randomNumbers(4000, 'places'), u => levels[Math.floor(u * levels.length)]! / 128);
    return codeWeight({name: 'd/kernel', shape: [100, 40], dtype: 'float32', values}, coding);
  };
  const bytes = async (weight: FileWeight) => (await writeModelFile({model: {}, weights: [weight]})).length;
  const few = coded([-113, -50, -21, 0, 0, 0, 17, 64, 127]);
  expect(few.coding).toBe('codebook');
  const values = valuesOfWeight(few) as Float32Array;
  const grid = {
    name: 'd/kernel',
    shape: [100, 40],
    coding: 'grid',
    ...findGrid({values, rows: 100, columns: 40})!,
  } as const;
  expect(await bytes(few)).toBeLessThan(0.97 * (await bytes(grid)));
  expect(coded([-7, -5, -3, -2, -1, 0, 0, 1, 2, 3, 5, 7]).coding).toBe('grid');
});

test('only the chosen layers are quantized; others are halved if that is asked for', async () => {
  const model = net();
  const store = memory();
  await model.save(compressed(store, {bits: 2, layers: /den/}));
  const loaded = valuesOf(await tf.loadLayersModel(compressed(store)));
  expect(loaded['conv/kernel']).toEqual(valuesOf(model)['conv/kernel']);
  expect(new Set(loaded['dense/kernel']!.map(Math.abs)).size).toBeLessThanOrEqual(4);
  const full = store.bytes.length;
  await model.save(compressed(store, {bits: 2, layers: 'dense', others: 'float16'}));
  expect(full - store.bytes.length).toBeGreaterThan(150);
  const [value] = valuesOf(await tf.loadLayersModel(compressed(store)))['conv/kernel']!;
  expect(value).toBeCloseTo(valuesOf(model)['conv/kernel']![0]!, 3);
});

test('with 16 bits a model computes nearly what it did', async () => {
  const store = memory();
  const model = net();
  await model.save(compressed(store, {bits: 16}));
  const x = input();
  expect(distance(predict(await tf.loadLayersModel(compressed(store)), x), predict(model, x))).toBeLessThan(1e-3);
});

test('weights that become zero are counted on the console', async () => {
  await net().save(compressed(memory(), {levels: 1}));
  expect(warnings.mock.calls.flat()).toEqual([
    expect.stringMatching(/^compressed: \d+ of 504 weights that were not zero became zero; more bits keep them\.$/),
  ]);
});

describe('places', () => {
  test('a file is written as one, whole, and a failed save leaves the old one', async () => {
    const file = join(folder, 'model.tfpr');
    await net().save(compressed(`file://${file}`));
    expect(readdirSync(folder)).toEqual(['model.tfpr']);
    const bytes = readFileSync(file);
    const diverged = net();
    diverged.getLayer('dense').setWeights([tf.fill([144, 3], NaN), tf.zeros([3])]);
    await expect(diverged.save(compressed(`file://${file}`))).rejects.toThrow(
      'Expected weight "dense/kernel" to hold finite numbers, got NaN; has training diverged?',
    );
    expect(readFileSync(file)).toEqual(bytes);
    const loaded = await tf.loadLayersModel(compressed(`file://${file}`));
    expect(loaded.layers).toHaveLength(4);
    writeFileSync(file, bytes.subarray(0, 100));
    await expect(tf.loadLayersModel(compressed(`file://${file}`))).rejects.toThrow(
      `This is no compressed model that can be read: it ends after 100 of ${bytes.length} bytes`,
    );
    await expect(tf.loadLayersModel(compressed(`file://${file}.none`))).rejects.toThrow('Could not read the model');
  });

  test('a server gets one body, and gives it piece by piece', async () => {
    const server = await listening();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`;
    try {
      const model = net();
      await model.save(compressed(url, {bits: 16}));
      const x = input();
      expect(distance(predict(await tf.loadLayersModel(compressed(url)), x), predict(model, x))).toBeLessThan(1e-3);
      await expect(tf.loadLayersModel(compressed(`${url}/none`))).rejects.toThrow('got 404');
    } finally {
      server.close();
    }
  });

  test('downloads and IndexedDB need a page, and say so', async () => {
    await expect(net().save(compressed('downloads://model.tfpr'))).rejects.toThrow('Expected a page for downloads://');
    await expect(net().save(compressed('indexeddb://model'))).rejects.toThrow('Expected a browser for indexeddb://');
    await expect(tf.loadLayersModel(compressed('downloads://model.tfpr'))).rejects.toThrow();
  });
});

/** A server that keeps one file. */
async function listening(): Promise<Server> {
  let kept = Buffer.alloc(0);
  const server = createServer((request, response) => {
    if (request.url !== '/model') return void response.writeHead(404).end();
    if (request.method === 'GET') return void response.end(kept);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      kept = Buffer.concat(parts);
      response.end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

test.each([
  [{bits: 1}, '`bits` to be a whole number from 2 to 16, got 1'],
  [{bits: 17}, '`bits` to be a whole number from 2 to 16, got 17'],
  [{levels: 0}, '`levels` to be a whole number from 1 to 32767, got 0'],
  [{bits: 4, levels: 7}, 'levels'],
  [{others: 'float64'}, 'others'],
  [{layers: []}, '`layers` to be a name'],
  [{typo: 1}, 'compressed has no option `typo`'],
])('refuses %j', (args, message) => {
  expect(() => compressed(memory(), args as never)).toThrow(message);
});

test('layers that match nothing are refused, and nothing is written', async () => {
  const store = memory();
  const message = 'Expected `layers` to name layers with kernels, "conv", "dense", got "norm"';
  await expect(net().save(compressed(store, {layers: ['dense', 'norm']}))).rejects.toThrow(message);
  await expect(net().save(compressed(store, {layers: /typo/}))).rejects.toThrow('"conv", "dense", got');
  expect(store.bytes).toHaveLength(0);
});

test.each([['ftp://x'], [''], [{}], [undefined]])('refuses the target %p', target => {
  expect(() => compressed(target as never)).toThrow('compressed expects a file://, http://');
});

test('what is loaded has the form that all versions of tf.js read: one buffer', async () => {
  const store = memory();
  await net().save(compressed(store));
  const {weightData, weightSpecs} = await compressed(store).load!();
  expect(Object.prototype.toString.call(weightData)).toBe('[object ArrayBuffer]');
  const values = weightSpecs!.reduce((sum, {shape}) => sum + tf.util.sizeFromShape(shape), 0);
  expect((weightData as ArrayBuffer).byteLength).toBe(4 * values);
});

test('loading leaks nothing', async () => {
  const store = memory();
  await net().save(compressed(store));
  const before = tf.memory().numTensors;
  (await tf.loadLayersModel(compressed(store))).dispose();
  expect(tf.memory().numTensors).toBe(before);
});
