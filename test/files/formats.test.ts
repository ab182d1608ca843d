import {mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {files, prunable} from 'tfjs-pruning';
import {artifactsOf, distance, expectNoLeak, predict} from '../support/tensors.js';

const newFolder = () => join(mkdtempSync(join(tmpdir(), 'tfjs-pruning-formats-')), 'model');

function plain(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({units: 4, inputShape: [3], activation: 'relu'}),
      tf.layers.dense({units: 2, name: 'out'}),
    ],
  });
}

/** A file of another writer: the artifacts of a model under other names. */
async function written(model: tf.LayersModel, manifest: object[], change: object = {}): Promise<string> {
  const {modelTopology} = await artifactsOf(model);
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.json'), JSON.stringify({modelTopology, weightsManifest: manifest, ...change}));
  return folder;
}

async function expectEqualAfter(model: tf.LayersModel, load: () => Promise<tf.LayersModel>): Promise<void> {
  const loaded = await load();
  const x = tf.randomNormal([5, 3]);
  const outputs = [predict(loaded, x), predict(model, x)] as const;
  expect(distance(...outputs)).toBe(0);
  tf.dispose([x, ...outputs.flat()]);
  loaded.dispose();
}

test('model.save and tf.loadLayersModel take the handler: weights, masks, optimizer and metadata', async () => {
  const model = prunable(plain());
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  model.setUserDefinedMetadata({step: 7});
  const folder = newFolder();
  const {modelArtifactsInfo} = await model.save(files(folder), {includeOptimizer: true});
  expect(modelArtifactsInfo.weightDataBytes).toBe(readFileSync(join(folder, 'weights.bin')).length);
  const loaded = await tf.loadLayersModel(files(folder));
  expect(loaded.getUserDefinedMetadata()).toEqual({step: 7});
  expect(loaded.optimizer.getClassName()).toBe('Adam');
  await expectNoLeak(async () => {
    await model.save(files(folder));
    await expectEqualAfter(model, () => tf.loadLayersModel(files(folder)));
  });
});

test('the http loader of tf.js takes the files as they are', async () => {
  const model = plain();
  const folder = newFolder();
  await model.save(files(folder));
  await model.save(files(folder));
  const asked: string[] = [];
  const fetchFunc = (url: string) => {
    asked.push(basename(url));
    const bytes = new Uint8Array(readFileSync(join(folder, basename(url))));
    const json = () => Promise.resolve(JSON.parse(new TextDecoder().decode(bytes)) as unknown);
    return Promise.resolve({ok: true, json, arrayBuffer: () => Promise.resolve(bytes.buffer)});
  };
  const handler = tf.io.http('http://example.com/model/model.json', {fetchFunc: fetchFunc as unknown as typeof fetch});
  await expectEqualAfter(model, () => tf.loadLayersModel(handler));
  expect(asked).toEqual(['model.json', 'weights.bin']);
  model.dispose();
});

test('models of tfjs-node and of 0.1 load: weights.bin without size and checksum', async () => {
  const model = plain();
  const {weightSpecs, weightData} = await artifactsOf(model);
  for (const path of ['weights.bin', './weights.bin']) {
    const folder = await written(model, [{paths: [path], weights: weightSpecs}]);
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
    await expectEqualAfter(model, () => tf.loadLayersModel(files(folder)));
  }
  model.dispose();
});

test('models of the Python converter load: groups, shards across weights, a wrapped topology', async () => {
  const model = plain();
  const {modelTopology, weightSpecs, weightData} = await artifactsOf(model);
  const bytes = new Uint8Array(weightData as ArrayBuffer);
  const firstLayer = 4 * (3 * 4 + 4);
  const manifest = [
    {paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: weightSpecs!.slice(0, 2)},
    {paths: ['group2-shard1of1'], weights: weightSpecs!.slice(2)},
    {paths: [], weights: []},
  ];
  const folder = await written(model, manifest, {
    format: 'layers-model',
    generatedBy: 'keras v2.15.0',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    modelTopology: {keras_version: '2.15.0', backend: 'tensorflow', model_config: modelTopology},
  });
  writeFileSync(join(folder, 'group1-shard1of2.bin'), bytes.subarray(0, 10));
  writeFileSync(join(folder, 'group1-shard2of2.bin'), bytes.subarray(10, firstLayer));
  writeFileSync(join(folder, 'group2-shard1of1'), bytes.subarray(firstLayer));
  await expectEqualAfter(model, () => tf.loadLayersModel(files(folder)));
  writeFileSync(join(folder, 'group1-shard2of2.bin'), bytes.subarray(11, firstLayer));
  await expect(files(folder).load()).rejects.toThrow(
    /shard1of2.bin" and ".*shard2of2.bin" is damaged: expected 64 bytes for the weights of model.json, got 63/,
  );
  model.dispose();
});

test('quantized weights load', async () => {
  const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [2], useBias: false, name: 'd'})]});
  const quantization = {dtype: 'uint8', min: -1, scale: 0.5};
  const folder = await written(model, [
    {paths: ['weights.bin'], weights: [{name: 'd/kernel', shape: [2, 1], dtype: 'float32', quantization}]},
  ]);
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array([0, 4]));
  const loaded = await tf.loadLayersModel(files(folder));
  expect([...loaded.getWeights()[0]!.dataSync()]).toEqual([-1, 1]);
  model.dispose();
  loaded.dispose();
});

test.each([
  ['uint8', [0, 4], [-1, 1]],
  ['uint16', [0, 0, 4, 0], [-1, 1]],
  ['float16', [0x00, 0xbc, 0x00, 0x40], [-1, 2]], // no scale
] as const)('weights quantized to %s have as many bytes as they need, and no others', async (dtype, bytes, values) => {
  const quantization = dtype === 'float16' ? {dtype} : {dtype, min: -1, scale: 0.5};
  const folder = newFolder();
  mkdirSync(folder);
  const weights = [{name: 'w', shape: [2], dtype: 'float32', quantization}];
  const manifest = [{paths: ['w.bin'], weights}];
  writeFileSync(join(folder, 'model.json'), JSON.stringify({modelTopology: {}, weightsManifest: manifest}));
  writeFileSync(join(folder, 'w.bin'), Uint8Array.from([...bytes, 0]));
  await expect(files(folder).load()).rejects.toThrow(`expected ${bytes.length} bytes`);
  writeFileSync(join(folder, 'w.bin'), Uint8Array.from(bytes));
  const {weightData, weightSpecs} = await files(folder).load();
  const {w} = tf.io.decodeWeights(weightData as ArrayBuffer, weightSpecs!);
  expect([...w!.dataSync()]).toEqual(values);
  w!.dispose();
});

test.each([
  ['float32', [3], 12],
  ['int32', [2, 1], 8],
  ['bool', [3], 3],
  ['complex64', [2], 16],
  ['float32', [], 4],
  ['float32', [0, 3], 0],
] as const)('weights of dtype %s and shape %j have %d bytes, and come back', async (dtype, shape, size) => {
  const save = (bytes: number, folder = newFolder()) => {
    const weightData = Uint8Array.from({length: bytes}, (_, i) => i).buffer;
    return files(folder).save({modelTopology: {}, weightSpecs: [{name: 'w', shape: [...shape], dtype}], weightData});
  };
  const folder = newFolder();
  await save(size, folder);
  expect(new Uint8Array((await files(folder).load()).weightData as ArrayBuffer)).toHaveLength(size);
  await expect(save(size + 1)).rejects.toThrow(`Expected ${size} bytes of weights`);
});

test('weights of texts come back, however long they are', async () => {
  const texts = tf.tensor1d(['a', 'bcd', '']);
  const {data, specs} = await tf.io.encodeWeights({texts});
  const folder = newFolder();
  await files(folder).save({modelTopology: {}, weightSpecs: specs, weightData: data});
  expect((await files(folder).load()).weightData).toEqual(data);
  const short = data.slice(0, 11); // three lengths have 12
  await expect(files(folder).save({modelTopology: {}, weightSpecs: specs, weightData: short})).rejects.toThrow(
    /got 11/,
  );
  texts.dispose();
});

test('a graph model loads where it belongs, and tf.loadLayersModel says so', async () => {
  const modelTopology = {
    node: [
      {name: 'x', op: 'Placeholder', attr: {dtype: {type: 'DT_FLOAT'}, shape: {shape: {dim: [{size: '2'}]}}}},
      {name: 'y', op: 'Relu', input: ['x'], attr: {T: {type: 'DT_FLOAT'}}},
    ],
    versions: {producer: 1},
  };
  const folder = newFolder();
  await files(folder).save({modelTopology, format: 'graph-model', weightSpecs: [], weightData: new ArrayBuffer(0)});
  const graph = await tf.loadGraphModel(files(folder));
  expect([...(graph.predict(tf.tensor1d([-1, 2])) as tf.Tensor).dataSync()]).toEqual([0, 2]);
  graph.dispose();
  await expect(tf.loadLayersModel(files(folder))).rejects.toThrow(
    /Expected a layers model in .*, got a graph model; use tf.loadGraphModel/,
  );
});
