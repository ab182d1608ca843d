import {on, relativeError} from '../wasm/against-cpu.js';
import {bundle} from './bundle.js';
import type {PageResult} from './page.js';
import {siteOf} from './site.js';
import {train, type Training} from './training.js';
import {visit} from './visit.js';

let script: string;
let onCpu: Training;
let onWasm: Training;

beforeAll(async () => {
  script = await bundle('page.ts');
  onCpu = await on('cpu', train);
  onWasm = await on('wasm', train);
});

test('in Node the losses on wasm are those on cpu, and fall', () => {
  expect(onWasm.losses).toHaveLength(20);
  expect(relativeError(onWasm.losses, onCpu.losses)).toBeLessThan(1e-4);
  const epochs = [onWasm.losses.slice(0, 4), onWasm.losses.slice(-4)];
  const [first, last] = epochs.map(losses => losses.reduce((a, b) => a + b));
  expect(last).toBeLessThan(0.9 * first!);
});

const builds = [
  {build: 'simd', isolated: false, threads: 1, file: 'tfjs-backend-wasm-simd.wasm'},
  {build: 'threaded', isolated: true, threads: 2, file: 'tfjs-backend-wasm-threaded-simd.wasm'},
  {build: 'plain', isolated: false, threads: 1, file: 'tfjs-backend-wasm.wasm'},
];

test.each(builds)('a page trains on the $build build as Node does', async ({build, isolated, threads, file}) => {
  const {result: page, requests} = await visit<PageResult>(siteOf(script), `/?build=${build}`, {isolated});
  expect(requests.filter(path => path.endsWith('.wasm'))).toEqual([`/wasm/${file}`]);
  expect(page).toMatchObject({backend: 'wasm', crossOriginIsolated: isolated, threads});
  expect(page.compiledModules).toBe(1);
  expect(relativeError(page.losses, onCpu.losses)).toBeLessThan(1e-4);
  // Node runs the SIMD build too; the plain one rounds in another order.
  if (build === 'plain') expect(relativeError(page.losses, onWasm.losses)).toBeLessThan(1e-6);
  else expect(page.losses).toEqual(onWasm.losses);

  expect(page.sparsity).toBeCloseTo(0.8, 2);
  expect(page.outputsLoaded).toEqual(page.outputs);
  expect(relativeError(page.outputs, onCpu.outputs)).toBeLessThan(1e-4);
  expect(page.layersLoaded.filter(name => name.startsWith('Prunable'))).toEqual([]);
  expect(page.leakedTensors).toBe(0);
});
