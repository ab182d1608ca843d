import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {StartedWasm} from 'tfjs-pruning/wasm';
import type {Site} from '../browser/page-server.js';
import {WASM} from '../browser/site.js';
import {visit} from '../browser/visit.js';
import {projectWithTarball} from '../support/installed-tarball.js';

interface Result {
  started: StartedWasm | string;
  backend: string;
  pruned: {sparsity: number; outputs: number[]};
  said: string[];
}

const PRUNED = {sparsity: 0.5, outputs: [3, 2]};
const SIMD = {build: 'simd', threads: 1, kernels: 'simd'};
const THREADED = {...SIMD, build: 'simd-threaded', threads: 2};

/** What fails before the page runs. */
const POST_ERRORS = `onerror = (...words) =>
  void fetch('/posted', {method: 'POST', body: JSON.stringify({error: words.join(' ')})});`;

let site: Site;

beforeAll(() => {
  const modules = join(projectWithTarball(), 'node_modules');
  const scripts = [
    '@tensorflow/tfjs/dist/tf.es2017.min.js', // tf.min.js needs \'unsafe-eval\'
    '@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.es2017.min.js',
    'tfjs-pruning/dist/tfjs-pruning-wasm.min.js',
    'tfjs-pruning/dist/tfjs-pruning.min.js',
  ];
  const tags = ['/errors.js', ...scripts.map(script => `/npm/${script}`), '/page.js'].map(
    src => `<script src="${src}"></script>`,
  );
  site = {
    '/': `<!doctype html><meta charset="utf-8"><body>${tags.join('')}`,
    '/errors.js': POST_ERRORS,
    '/page.js': readFileSync(join(__dirname, 'pages/script-tags.js'), 'utf8'),
    '/npm/': {folder: modules},
    ...WASM,
  };
});

const open = async (policy: string, isolated = false) =>
  (await visit<Result>(site, '/', {isolated, headers: {'Content-Security-Policy': policy}})).result;

test('script tags do with a policy that allows WebAssembly and no eval', async () => {
  const result = await open("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'");
  expect(result).toEqual({started: SIMD, backend: 'wasm', pruned: PRUNED, said: []});
});

test('script tags do with tf.min.js', async () => {
  const page = {...site, '/': (site['/'] as string).replaceAll('.es2017.min.js', '.min.js')};
  expect((await visit<Result>(page)).result).toEqual({started: SIMD, backend: 'wasm', pruned: PRUNED, said: []});
});

test('import maps do, too', async () => {
  const names = {
    '@tensorflow/tfjs': '@tensorflow/tfjs/dist/tf.fesm.min.js',
    '@tensorflow/tfjs-core': '@tensorflow/tfjs/dist/tf.fesm.min.js',
    '@tensorflow/tfjs-layers': '@tensorflow/tfjs/dist/tf.fesm.min.js',
    '@tensorflow/tfjs-backend-wasm': '@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.fesm.min.js',
    'tfjs-pruning': 'tfjs-pruning/dist/tfjs-pruning.min.mjs',
    'tfjs-pruning/wasm': 'tfjs-pruning/dist/tfjs-pruning-wasm.min.mjs',
  };
  const files = Object.entries(names).map(([name, file]) => [name, `/npm/${file}`]);
  const ofNode = ['fs', 'os', 'path', 'perf_hooks'].map(name => [name, 'data:text/javascript,export default {}']);
  const imports = Object.fromEntries([...files, ...ofNode]) as Record<string, string>;
  const script = `
    import * as tf from '@tensorflow/tfjs';
    import * as tfPruning from 'tfjs-pruning';
    import * as wasm from 'tfjs-pruning/wasm';
    Object.assign(globalThis, {tf, tfPruning: {...tfPruning, ...wasm}});
    await import('/page.js');`;
  const page = {
    ...site,
    '/': `<!doctype html><meta charset="utf-8"><body><script src="/errors.js"></script>
      <script type="importmap">${JSON.stringify({imports})}</script><script type="module">${script}</script>`,
  };
  expect((await visit<Result>(page)).result).toEqual({started: SIMD, backend: 'wasm', pruned: PRUNED, said: []});
});

test('without WebAssembly startWasm names what to allow, and the other backends work', async () => {
  const {started, ...others} = await open("default-src 'self'");
  expect(started).toContain("forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src");
  expect(others).toMatchObject({backend: 'webgl', pruned: PRUNED});
});

test('threads start where scripts may come from blob: URLs', async () => {
  const result = await open("default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval'", true);
  expect(result).toEqual({started: THREADED, backend: 'wasm', pruned: PRUNED, said: []});
});

test('where threads may not start, one is enough', async () => {
  const {said, ...others} = await open("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'", true);
  expect(others).toEqual({started: SIMD, backend: 'wasm', pruned: PRUNED});
  expect(said.join('\n')).toMatch(
    /startWasm: the build with threads did not start: the content security policy .* no blob: in its worker-src/,
  );
});
