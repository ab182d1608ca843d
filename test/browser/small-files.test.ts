import {existsSync, mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as wait} from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import {compressed} from 'tfjs-pruning/wire';
import {relativeError} from '../wasm/against-cpu.js';
import {bundle} from './bundle.js';
import type {Site} from './page-server.js';
import {outputsOf, type Job} from './small-files/job.js';
import {visit} from './visit.js';

const PAGE = '<!doctype html><script type="module" src="/page.js"></script>';

let file: Uint8Array;
let outputs: number[];
let site: Site;

beforeAll(async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation();
  const model = net();
  await model.save(compressed({save: bytes => void (file = bytes)}, {bits: 4}));
  warn.mockRestore();
  outputs = outputsOf(await tf.loadLayersModel(compressed({load: () => file as Uint8Array<ArrayBuffer>})));
  const scripts = {
    '/page.js': await bundle('small-files/page.ts'),
    '/worker.js': await bundle('small-files/worker.ts'),
  };
  site = {'/': PAGE, ...scripts, '/model.tfpr': file};
});

function net(): tf.LayersModel {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  return tf.sequential({
    layers: [
      tf.layers.conv2d({filters: 8, kernelSize: 3, inputShape: [12, 12, 2], activation: 'relu', ...seeded(1)}),
      tf.layers.flatten(),
      tf.layers.dense({units: 60, activation: 'relu', ...seeded(2)}),
      tf.layers.dense({units: 5, activation: 'softmax', ...seeded(3)}),
    ],
  });
}

/** Answers with the first part of the file, and with the rest once the page has decoded something. */
function heldBack(): Site {
  let goOn: () => void;
  const decoding = new Promise<void>(resolve => (goOn = resolve));
  const half = file.length >> 1;
  return {
    ...site,
    '/model.tfpr': response => {
      response.writeHead(200, {'Content-Length': file.length}).write(file.subarray(0, half));
      void decoding.then(() => response.end(file.subarray(half)));
    },
    '/go-on': response => {
      goOn();
      response.end();
    },
  };
}

const expected = (decoders: number) => ({
  outputs: expect.any(Array) as number[],
  outputsStored: expect.any(Array) as number[],
  missing: 'Error: Expected a compressed model called "none" in IndexedDB, and there is none',
  decoders,
  leakedTensors: 0,
});

describe.each(['page', 'worker'])('in a %s', where => {
  const open = async (content: Site, policy: string) =>
    (await visit<Job>(content, `/?${where}`, {headers: {'Content-Security-Policy': policy}})).result;

  test("a policy with 'wasm-unsafe-eval' suffices to decode while the file arrives", async () => {
    const result = await open(heldBack(), "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'");
    expect(result).toEqual(expected(2));
    expect(relativeError(result.outputs, outputs)).toBeLessThan(1e-6);
    expect(result.outputsStored).toEqual(result.outputs);
  });

  test('without it the decoder in JavaScript takes over', async () => {
    const result = await open(site, "default-src 'self'");
    expect(result).toEqual(expected(0));
    expect(relativeError(result.outputs, outputs)).toBeLessThan(1e-6);
    expect(result.outputsStored).toEqual(result.outputs);
  });
});

test('a download is one file, whole', async () => {
  const downloads = mkdtempSync(join(tmpdir(), 'tfjs-pruning-downloads-'));
  const saved = join(downloads, 'small.tfpr');
  const withDownloads: Site = {
    ...site,
    '/downloaded': async response => {
      while (!existsSync(saved)) await wait(100);
      response.end('it is there');
    },
  };
  const {result} = await visit<string>(withDownloads, '/?download', {downloads});
  expect(result).toBe('it is there');
  const loaded = await tf.loadLayersModel(compressed(`file://${saved}`));
  expect(outputsOf(loaded)).toEqual(outputs);
});
