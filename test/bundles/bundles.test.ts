import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import type {StartedWasm} from 'tfjs-pruning/wasm';
import {WASM} from '../browser/site.js';
import {train, type Training} from '../browser/training.js';
import {visit} from '../browser/visit.js';
import {projectWithTarball} from '../support/installed-tarball.js';
import {on, relativeError} from '../wasm/against-cpu.js';
import {appIn} from './app.js';

/** What the page and its worker tell. */
interface Job {
  started: StartedWasm;
  fastest: string;
  onWasm: Training;
  onWebgl: {outputs: number[]; sparsity: number};
  said: string[];
}

const SIMD = {build: 'simd', threads: 1, kernels: 'simd'};
const THREADED = {build: 'simd-threaded', threads: 2, kernels: 'simd'};

let project: string;
let app: string;
let inNode: Training;

beforeAll(async () => {
  project = projectWithTarball();
  app = await appIn(project);
  inNode = await on('wasm', train);
});

/** Builds the app into the folder of the bundler and returns the warnings. */
function build(bundler: string): string[] {
  const arguments_ = [join(__dirname, 'build.js'), bundler, app, join(project, bundler)];
  return JSON.parse(
    execFileSync(process.execPath, arguments_, {encoding: 'utf8'}).trim().split('\n').at(-1)!,
  ) as string[];
}

describe.each(['vite', 'webpack', 'esbuild'])('%s', bundler => {
  test('bundles without a warning', () => {
    expect(build(bundler)).toEqual([]);
  });

  test.each([
    [false, SIMD],
    [true, THREADED],
  ])('trains in a page and in a worker, on wasm and webgl; cross-origin isolated: %s', async (isolated, started) => {
    const site = {'/app/': {folder: join(project, bundler)}, ...WASM};
    const {result, requests} = await visit<Record<'page' | 'worker', Job>>(site, '/app/index.html', {isolated});
    for (const job of [result.page, result.worker]) {
      expect(job).toMatchObject({started, fastest: 'wasm', said: []});
      expect(relativeError(job.onWasm.losses, inNode.losses)).toBeLessThan(1e-6);
      const {sparsity, layersLoaded} = inNode;
      expect(job.onWasm).toMatchObject({sparsity, layersLoaded, leakedTensors: 0});
      expect(job.onWebgl).toEqual({sparsity: 0.5, outputs: [3, 2]});
    }
    // One in the page and one in the worker: nothing is loaded twice.
    expect(requests.filter(path => path.endsWith('.wasm'))).toHaveLength(2);
  });
});

test('webpack for Node bundles without a warning, and what it makes finds its backend and writes files', () => {
  expect(build('webpack for Node')).toEqual([]);
  const wasm = join(project, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  const program = [join(project, 'webpack for Node/node.cjs'), wasm, join(project, 'saved')];
  const said = execFileSync(process.execPath, program, {encoding: 'utf8', cwd: '/'});
  expect(JSON.parse(said.trim().split('\n').at(-1)!)).toEqual({started: SIMD, fastest: 'wasm', shape: [null, 2]});
});
