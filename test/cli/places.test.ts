import {once} from 'node:events';
import {cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {files, hardConcrete, prunable, pruneOnce, regularizers, weights} from 'tfjs-pruning';
import {compressed} from 'tfjs-pruning/wire';
import {command as decompress} from '../../src/cli/decompress-command.js';
import {command as inspect} from '../../src/cli/inspect-command.js';
import {command as prune} from '../../src/cli/prune-command.js';
import {command as quantize} from '../../src/cli/quantize-command.js';
import {loadModel} from '../../src/cli/load-model.js';
import {BACKEND, found, mistake, output} from './run-command.js';
import {net, newFolder, saved} from './saved-nets.js';

let warnings: jest.SpyInstance;
beforeAll(() => (warnings = jest.spyOn(console, 'warn').mockImplementation()));
afterAll(() => warnings.mockRestore());

const folder = newFolder();
const at = (name: string) => join(folder, name);
let server: Server;
let site: string;
beforeAll(async () => {
  await saved(net(), at('net'));
  await net().save(compressed(`file://${at('net.tfpr')}`, {bits: 4}));
  server = createServer(({url}, response) => {
    const file = at(new URL(url!, site).pathname);
    if (url!.startsWith('/broken')) response.statusCode = 503;
    else if (!existsSync(file) || (url!.startsWith('/keyed') && !url!.endsWith('?key=1'))) response.statusCode = 404;
    else response.write(readFileSync(file));
    response.end();
  });
  server.listen(0);
  await once(server, 'listening');
  site = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** Writes a model.json that differs from that of the net. */
function withJson(name: string, change: (json: Record<string, never>) => object | string): string {
  cpSync(at('net'), at(name), {recursive: true});
  const json = JSON.parse(readFileSync(join(at('net'), 'model.json'), 'utf8')) as Record<string, never>;
  const changed = change(json);
  writeFileSync(join(at(name), 'model.json'), typeof changed === 'string' ? changed : JSON.stringify(changed));
  return at(name);
}

test('a URL: model.json with its weights, or a compressed file; also with a query', async () => {
  await saved(net(), at('keyed'));
  for (const url of ['net/model.json', 'keyed/model.json?key=1', 'net.tfpr', 'net.tfpr?key=1']) {
    const {name, cost} = await found<{name: string; cost: object}>(inspect, `${site}/${url}`);
    expect(name).toBe('net');
    expect(cost).toMatchObject({total: {parameters: 1103}});
  }
  await output(decompress, `${site}/net.tfpr`, '--out', at('from-url'));
  const {model} = await loadModel(at('net.tfpr'));
  const values = (loaded: tf.LayersModel) => loaded.getWeights().map(weight => [...weight.dataSync()]);
  expect(values(await tf.loadLayersModel(files(at('from-url'))))).toEqual(values(model));
});

test('a URL where nothing is, or something else', async () => {
  const of = (path: string) => mistake(inspect, `${site}/${path}`);
  expect(await of('none/model.json')).toContain(
    `Expected ${site}/none/model.json to answer with a file of a model, got 404`,
  );
  writeFileSync(at('page.html'), '<!doctype html>');
  expect(await of('page.html')).toContain('it is no JSON');
  withJson('lost', json => ({
    ...json,
    weightsManifest: [{...(json['weightsManifest']![0] as object), paths: ['lost.bin']}],
  }));
  expect(await of('lost/model.json')).toContain('lost.bin');
  withJson('short', json => json);
  writeFileSync(join(at('short'), 'weights.bin'), readFileSync(join(at('net'), 'weights.bin')).subarray(0, 4000));
  expect(await of('short/model.json')).toContain('to have 4412 bytes, got 4000; they are truncated');
  writeFileSync(at('cut.tfpr'), readFileSync(at('net.tfpr')).subarray(0, 500));
  expect(await of('cut.tfpr')).toContain('it ends after 500');
  const failed = (url: string) => inspect([url, ...BACKEND]).catch((error: unknown) => error);
  expect(await failed(`${site}/broken`)).toMatchObject({
    name: 'Error',
    message: expect.stringContaining('503') as string,
  });
  const free = createServer().listen(0);
  const {port} = free.address() as AddressInfo;
  free.close();
  expect(await failed(`http://localhost:${port}/model.json`)).toMatchObject({
    name: 'Error',
    message: expect.stringMatching(/can't be fetched: .*ECONNREFUSED/) as string,
  });
});

test('a place where nothing is, or something else', async () => {
  const of = (place: string) => mistake(inspect, place);
  mkdirSync(at('empty'));
  writeFileSync(at('text.txt'), 'hello');
  writeFileSync(at('nothing'), '');
  writeFileSync(at('keras.h5'), '\x89HDF\r\n', 'latin1');
  expect(await of(at('nowhere'))).toContain('There is no saved model');
  expect(await of(at('empty'))).toContain('expected a folder with a model.json');
  expect(await of('')).toContain('Expected the path');
  expect(await of('s3://bucket/model')).toContain('s3://bucket/model');
  expect(await of(at('text.txt'))).toContain('it is no JSON');
  expect(await of(at('nothing'))).toContain('it is empty');
  expect(await of(at('keras.h5'))).toContain('tensorflowjs_converter --input_format=keras');
  const bytes = readFileSync(at('net.tfpr'));
  writeFileSync(at('cut.tfpr'), bytes.subarray(0, bytes.length - 1));
  expect(await of(at('cut.tfpr'))).toContain(`it ends after ${bytes.length - 1} of ${bytes.length} bytes`);
  writeFileSync(at('altered.tfpr'), bytes.with(bytes.length - 9, bytes.at(-9)! ^ 1));
  expect(await of(at('altered.tfpr'))).toContain('its checksum is wrong');
  writeFileSync(at('later.tfpr'), bytes.with(4, 9));
  expect(await of(at('later.tfpr'))).toContain('its format has version 9');
});

test('a damaged model.json, or weights that do not fit it', async () => {
  const of = (name: string, change: Parameters<typeof withJson>[1]) => mistake(inspect, withJson(name, change));
  expect(await of('array', () => '[]')).toContain('it has no topology');
  const circle = JSON.stringify({modelTopology: {model_config: {class_name: 'Sequential'}}, weightsManifest: []});
  expect(await of('no-config', () => circle)).toContain('Improper config format');
  expect(
    await of('renamed', json => JSON.parse(JSON.stringify(json).replace('"conv2/bias"', '"conv3/bias"')) as object),
  ).toContain('conv3/bias');
  withJson('longer', json => json);
  writeFileSync(join(at('longer'), 'weights.bin'), new Uint8Array(5000));
  expect(await mistake(inspect, at('longer'))).toContain('weights.bin" is damaged');
});

test('a GraphModel is refused, with the way out', async () => {
  const graph = {format: 'graph-model', modelTopology: {node: []}, weightsManifest: []};
  const place = withJson('graph', () => graph);
  for (const each of [place, `${site}/graph/model.json`]) {
    const said = await mistake(prune, each, '--sparsity', '.5', '--out', at('never'));
    expect(said).toContain('is a GraphModel, a frozen graph without layers');
    expect(said).toContain('--output_format=tfjs_layers_model');
  }
});

test('layers of your own are refused, with the way out', async () => {
  const place = withJson('own', json => JSON.parse(JSON.stringify(json).replace('"Flatten"', '"MyFlatten"')) as object);
  expect(await mistake(quantize, place, '--out', at('never'))).toContain(
    `${place} has the layer "MyFlatten", which is not one of tf.js; register its class in a script of your own`,
  );
  expect(existsSync(at('never'))).toBe(false);
});

test('a model saved in the middle of pruning: its masks count, and no class of ours is left', async () => {
  const kernelRegularizer = regularizers.groupLasso({strength: 0.01});
  const layer = tf.layers.dense({name: 'dense', units: 8, kernelRegularizer, inputShape: [5]});
  const wrapped = prunable(tf.sequential({layers: [layer, tf.layers.dense({name: 'out', units: 2})]}), {
    layers: 'dense',
  });
  await pruneOnce(wrapped, {sparsity: 0.5});
  await saved(wrapped, at('wrapped'));
  expect(await found(inspect, at('wrapped'))).toMatchObject({sparsity: {total: {zeros: 20}}});
  // 5 x 8 + 8 and 8 x 2 + 2 numbers; masks are none
  expect(await found(quantize, at('wrapped'), '--out', at('wrapped-uint8'))).toMatchObject({float32Bytes: 4 * 66});
  expect(readFileSync(join(at('wrapped-uint8'), 'model.json'), 'utf8')).not.toMatch(/Prunable|Penalty|mask/);
  const {total} = await found<{total: object}>(prune, at('wrapped'), '--sparsity', '.75', '--out', at('more'));
  expect(total).toMatchObject({zeros: 30});
});

test('the command knows every gate and parametrization that a training can save', () => {
  const source = (path: string) => readFileSync(join('src', path), 'utf8');
  const declared = ['gates', 'parametrizations'].flatMap(room => {
    const names = readdirSync(join('src', room)).map(name => `${room}/${name}`);
    return names.filter(name => /^export const \w+ = declare\w+\('/m.test(source(name)));
  });
  expect(declared).toContain('parametrizations/cluster-weights.ts');
  const known = source('cli/own-classes.ts');
  for (const name of declared) expect(known).toContain(`import '../${name.replace(/ts$/, 'js')}';`);
});

test('gates and optimizers that a training has saved load, too', async () => {
  const gated = prunable(net(), {gate: hardConcrete(), structure: weights(), layers: 'conv2'});
  gated.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  await gated.save(files(at('gated')), {includeOptimizer: true});
  await output(quantize, at('gated'), '--out', at('gated-uint8'));
  expect(readFileSync(join(at('gated-uint8'), 'model.json'), 'utf8')).not.toMatch(/Gated|Prunable/);
});

test('the command loads every gate and parametrization that a file may name', () => {
  const sources = ['gates', 'parametrizations'].flatMap(room =>
    readdirSync(`src/${room}`).map(file => `${room}/${file}`),
  );
  const textOf = (source: string) => readFileSync(`src/${source}`, 'utf8');
  const declared = sources.filter(source =>
    /^export const \w+ = declare(Gate|Parametrization)\(/m.test(textOf(source)),
  );
  expect(declared.length).toBeGreaterThan(10);
  const loaded = textOf('cli/own-classes.ts');
  expect(declared.filter(source => !loaded.includes(`'../${source.replace(/ts$/, 'js')}'`))).toEqual([]);
});
