import {createServer} from 'node:http';
import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {files, prunable} from 'tfjs-pruning';
import {compile} from 'tfjs-pruning/runtime';
import {compressed, quantized} from 'tfjs-pruning/wire';
import {withRandomWeights} from '../support/random-weights.js';
import {MemoryPlace} from '../support/memory-place.js';
import {expectClose, predicted, thinOut} from './against-predict.js';

const {layers} = tf;
const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-runtime-'));

/** Nested models, one of them used twice, whose layers have the names of others outside. */
function net(): tf.LayersModel {
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      layers.conv2d({name: 'conv', filters: 4, kernelSize: 3, padding: 'same', inputShape: [6, 6, 4]}),
      layers.batchNormalization({name: 'norm'}),
    ],
  });
  const graphInput = tf.input({shape: [6, 6, 4]});
  const graph = tf.model({
    name: 'graph',
    inputs: graphInput,
    outputs: layers
      .separableConv2d({name: 'separable', filters: 4, kernelSize: 3})
      .apply(graphInput) as tf.SymbolicTensor,
  });
  const input = tf.input({shape: [6, 6, 4]});
  const first = layers.conv2d({name: 'first', filters: 4, kernelSize: 1}).apply(input);
  const once = inner.apply(first) as tf.SymbolicTensor;
  const twice = inner.apply(layers.reLU().apply(once)) as tf.SymbolicTensor;
  const flat = layers.flatten().apply(graph.apply(twice)) as tf.SymbolicTensor;
  const outputs = [layers.dense({name: 'out', units: 3}).apply(flat) as tf.SymbolicTensor, once];
  const model = withRandomWeights(tf.model({inputs: input, outputs}), 5);
  thinOut(model, 0.5);
  return model;
}

const input = tf.randomNormal([1, 6, 6, 4], 0, 1, 'float32', 1);

async function expectSame(target: Parameters<typeof compile>[0], model: tf.LayersModel): Promise<void> {
  const fast = await compile(target);
  expectClose([fast.run([input.dataSync<'float32'>()])].flat(), predicted(model, [input]), 1e-5);
}

test('models that are in memory, with nested and shared ones', async () => {
  const model = net();
  await expectSame(model, model);
});

test('folders of tf.js, by a path of any form', async () => {
  const model = net();
  const place = join(folder, 'plain');
  await model.save(files(place));
  for (const url of [`file://${place}`, `file://${place}/model.json`, pathToFileURL(place), files(place)]) {
    await expectSame(url, model);
  }
});

test('artifacts in memory', async () => {
  const model = net();
  const place = new MemoryPlace();
  await model.save(place);
  await expectSame(place, model);
});

test.each(['uint8', 'uint16', 'float16'] as const)('weights quantized to %s', async dtype => {
  const place = new MemoryPlace();
  await net().save(quantized(place, {dtype}));
  await expectSame(place, await tf.loadLayersModel(place));
});

test('compressed files', async () => {
  const url = `file://${folder}/small.tfpr`;
  await net().save(compressed(url, {bits: 8, others: 'float16'}));
  const loaded = await tf.loadLayersModel(compressed(url));
  await expectSame(url, loaded);
  await expectSame(compressed(url), loaded);
});

test('servers, of a compressed file and of a model.json with what is asked for behind it', async () => {
  const model = net();
  await model.save(files(join(folder, 'served')));
  await model.save(compressed(`file://${folder}/served/model.tfpr`, {bits: 12}));
  const asked: string[] = [];
  const server = createServer(({url}, response) => {
    asked.push(url!);
    response.end(readFileSync(join(folder, 'served', url!.split('?')[0]!)));
  }).listen(0);
  const host = `http://localhost:${(server.address() as AddressInfo).port}`;
  await expectSame(`${host}/model.json?key=1`, model);
  expect(asked).toEqual(['/model.json?key=1', '/weights.bin?key=1']);
  await expectSame(`${host}/model.tfpr`, await tf.loadLayersModel(compressed(`${host}/model.tfpr`)));
  server.close();
});

test('a compressed file of which only two bytes arrive at first', async () => {
  const url = `file://${folder}/slow.tfpr`;
  await net().save(compressed(url, {bits: 8}));
  const bytes = readFileSync(`${folder}/slow.tfpr`);
  const server = createServer((_, response) => {
    response.write(bytes.subarray(0, 2));
    setTimeout(() => response.end(bytes.subarray(2)), 100);
  }).listen(0);
  const {port} = server.address() as AddressInfo;
  try {
    await expectSame(`http://localhost:${port}/slow.tfpr`, await tf.loadLayersModel(compressed(url)));
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('what is no model is refused, with what was expected', async () => {
  writeFileSync(join(folder, 'text'), 'hello');
  writeFileSync(join(folder, 'graph.json'), '{"format": "graph-model", "modelTopology": {"node": []}}');
  const refusals: [unknown, RegExp][] = [
    [`file://${folder}/text`, /file of `compressed` or a model.json, and it is neither/],
    [`file://${folder}/graph.json`, /expects a layers model, and this file holds something else/],
    [`file://${folder}/missing`, /missing/],
    ['ftp://host/model', /compile expects a file:\/\//],
    [undefined, /compile expects a LayersModel, a URL or an IO handler, got undefined/],
    [{}, /compile expects a LayersModel, a URL or an IO handler, got an Object/],
    [prunable(net()), /without wrappers, got PrunableConv2D; use `compile\(stripPruning\(model\)\)`/],
  ];
  for (const [target, message] of refusals) await expect(compile(target as string)).rejects.toThrow(message);
});

test('a weight that a file lacks, or whose bytes are missing, is named', async () => {
  const place = new MemoryPlace();
  await net().save(place);
  const {saved} = place;
  const compiled = (change: Partial<tf.io.ModelArtifacts>) =>
    compile({load: () => Promise.resolve({...saved, ...change})});
  await expect(compiled({weightSpecs: saved!.weightSpecs!.slice(1)})).rejects.toThrow(/to have a weight "kernel"/);
  await expect(compiled({weightData: new ArrayBuffer(8)})).rejects.toThrow(/Expected weights to go on up to "first/);
});
