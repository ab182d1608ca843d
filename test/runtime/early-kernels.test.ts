import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import * as tf from '@tensorflow/tfjs';
import {compile} from 'tfjs-pruning/runtime';
import {MemoryPlace} from '../support/memory-place.js';

let compiled: jest.SpyInstance;

/** A test file has its own copy of the runtime: here, kernels are asked for the first time. */
beforeAll(() => {
  compiled = jest.spyOn(WebAssembly, 'compile');
});

const servers: Server[] = [];

afterAll(() => {
  jest.restoreAllMocks();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function savedNet() {
  const place = new MemoryPlace();
  await tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]}).save(place);
  const {modelTopology, weightSpecs, weightData} = place.saved!;
  const json = JSON.stringify({modelTopology, weightsManifest: [{paths: ['weights.bin'], weights: weightSpecs}]});
  return {json, weights: Buffer.from(weightData as ArrayBuffer)};
}

function urlOf(server: Server): string {
  servers.push(server);
  return `http://localhost:${(server.address() as AddressInfo).port}/model.json`;
}

test('kernels that fail to load beside a model are asked for again behind it', async () => {
  const unhandled = jest.fn();
  process.on('unhandledRejection', unhandled);
  compiled.mockImplementationOnce(() => Promise.reject(new Error('offline')));
  const {json, weights} = await savedNet();
  const server = createServer(({url}, response) => {
    setTimeout(() => response.end(url!.endsWith('.json') ? json : weights), 50);
  }).listen(0);
  const fast = await compile(urlOf(server));
  expect(fast.run(new Float32Array(3)).length).toBe(2);
  expect(compiled).toHaveBeenCalledTimes(2);
  expect(unhandled).not.toHaveBeenCalled();
  process.off('unhandledRejection', unhandled);
});

test('wrong options ask for nothing', async () => {
  jest.resetModules();
  const {compile} = await import('tfjs-pruning/runtime');
  compiled.mockClear();
  await expect(compile('http://localhost:1/model.json', {batch: 0})).rejects.toThrow('batch');
  await expect(compile({})).rejects.toThrow('compile expects');
  expect(compiled).not.toHaveBeenCalled();
});

test('kernels are asked for before a model arrives', async () => {
  jest.resetModules();
  const {compile} = await import('tfjs-pruning/runtime');
  const {json, weights} = await savedNet();
  compiled.mockClear();
  const askedBefore: number[] = [];
  const server = createServer(({url}, response) => {
    setTimeout(() => {
      askedBefore.push(compiled.mock.calls.length);
      response.end(url!.endsWith('.json') ? json : weights);
    }, 200);
  }).listen(0);
  const fast = await compile(urlOf(server));
  expect(askedBefore).toEqual([1, 1]);
  expect(fast.run(new Float32Array(3)).length).toBe(2);
  expect(compiled).toHaveBeenCalledTimes(1);
});
