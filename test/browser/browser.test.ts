import {on, onWasm, relativeError} from '../wasm/against-cpu.js';
import {bundle} from './bundle.js';
import type {PageResult} from './page.js';
import {siteOf} from './site.js';
import {train, type Training} from './training.js';
import {visit} from './visit.js';

let script: string;
let onCpu: Training;
let inNode: Record<'simd' | 'relaxed-simd', Training>;

beforeAll(async () => {
  script = await bundle('page.ts');
  onCpu = await on('cpu', train);
  inNode = {simd: await onWasm('simd', train), 'relaxed-simd': await onWasm('relaxed-simd', train)};
});

test.each(['simd', 'relaxed-simd'] as const)('in Node the losses with %s are those on cpu, and fall', kernels => {
  const {losses} = inNode[kernels];
  expect(losses).toHaveLength(20);
  expect(relativeError(losses, onCpu.losses)).toBeLessThan(1e-4);
  const epochs = [losses.slice(0, 4), losses.slice(-4)];
  const [first, last] = epochs.map(each => each.reduce((a, b) => a + b));
  expect(last).toBeLessThan(0.9 * first!);
});

const simd = {build: 'simd', isolated: false, threads: 1, file: 'tfjs-backend-wasm-simd.wasm'};
const builds = [
  {...simd, kernels: 'simd'},
  {...simd, kernels: 'relaxed-simd'},
  {build: 'threaded', isolated: true, threads: 2, file: 'tfjs-backend-wasm-threaded-simd.wasm', kernels: 'simd'},
  {build: 'plain', isolated: false, threads: 1, file: 'tfjs-backend-wasm.wasm', kernels: 'simd'},
] as const;

test.each(builds)('a page trains on the $build build with $kernels kernels as Node does', async asked => {
  const {build, isolated, threads, file, kernels} = asked;
  const address = `/?build=${build}&kernels=${kernels}`;
  const {result: page, requests} = await visit<PageResult>(siteOf(script), address, {isolated});
  expect(requests.filter(path => path.endsWith('.wasm'))).toEqual([`/wasm/${file}`]);
  expect(page).toMatchObject({backend: 'wasm', crossOriginIsolated: isolated, threads});
  expect(page.compiledModules).toBe(1);
  expect(relativeError(page.losses, onCpu.losses)).toBeLessThan(1e-4);
  // Node runs the SIMD build too; the plain one rounds in another order.
  if (build === 'plain') expect(relativeError(page.losses, inNode[kernels].losses)).toBeLessThan(1e-6);
  else expect(page.losses).toEqual(inNode[kernels].losses);

  expect(page.sparsity).toBeCloseTo(0.8, 2);
  expect(page.outputsLoaded).toEqual(page.outputs);
  expect(relativeError(page.outputs, onCpu.outputs)).toBeLessThan(1e-4);
  expect(page.layersLoaded.filter(name => name.startsWith('Prunable'))).toEqual([]);
  expect(page.leakedTensors).toBe(0);
});
