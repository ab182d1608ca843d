import {relativeError} from '../wasm/against-cpu.js';
import {bundleWithInputs} from './bundle.js';
import type {Site} from './page-server.js';
import type {Browser, Job} from './runtime/job.js';
import {modelFile} from './runtime/model-file.js';
import {visit} from './visit.js';

let outputs: number[];
let inputs: string[];
let site: Site;

beforeAll(async () => {
  const {file, outputs: predicted} = await modelFile();
  outputs = predicted;
  const [page, worker] = [await bundleWithInputs('runtime/page.ts'), await bundleWithInputs('runtime/worker.ts')];
  inputs = [...page.inputs, ...worker.inputs];
  site = {
    '/': '<!doctype html><script type="module" src="/page.js"></script>',
    '/page.js': page.script,
    '/worker.js': worker.script,
    '/model.tfpr': file,
  };
});

test('no package is part of what loads and runs a compressed model', () => {
  expect(inputs.length).toBeGreaterThan(20);
  expect(inputs.filter(file => file.includes('node_modules/'))).toEqual([]);
});

const STRICT = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const STRICTER = "default-src 'self'";

interface Case {
  readonly browser: Browser;
  readonly policy: string;
  readonly machine: string;
  readonly tolerance: number;
}

const CASES: readonly Case[] = [
  {browser: 'new', policy: STRICT, machine: 'relaxed SIMD', tolerance: 5e-4},
  {browser: 'without relaxed SIMD', policy: STRICT, machine: 'SIMD', tolerance: 1e-4},
  {browser: 'old', policy: STRICT, machine: 'relaxed SIMD', tolerance: 5e-4},
  {browser: 'new', policy: STRICTER, machine: 'JavaScript', tolerance: 1e-4},
];

describe.each(['page', 'worker'])('a %s computes what tf.js does', where => {
  test.each(CASES)('in a browser that is $browser, with "$policy": $machine', async caseOf => {
    for (const isolated of [false, true]) await expectJob(where, caseOf, isolated);
  });
});

async function expectJob(where: string, {browser, policy, machine, tolerance}: Case, isolated: boolean) {
  const path = `/?${String(new URLSearchParams({where, browser}))}`;
  const headers = {'Content-Security-Policy': policy};
  const {result, requests} = await visit<Job>(site, path, {isolated, headers});
  expect(result).toMatchObject({machine, crossOriginIsolated: isolated});
  expect(relativeError(result.outputs, outputs)).toBeLessThan(tolerance);
  const files = ['/', '/page.js', ...(where === 'worker' ? ['/worker.js'] : []), '/model.tfpr'];
  expect(requests.filter(file => file !== '/favicon.ico')).toEqual(files);
}
