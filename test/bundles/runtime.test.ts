import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {transform} from 'esbuild';
import {RELAXED_BINARY} from '../../src/runtime/kernels/relaxed-binary.js';
import {SIMD_BINARY} from '../../src/runtime/kernels/simd-binary.js';
import type {Job} from '../browser/runtime/job.js';
import {modelFile} from '../browser/runtime/model-file.js';
import {visit} from '../browser/visit.js';
import {projectWithTarball} from '../support/installed-tarball.js';
import {relativeError} from '../wasm/against-cpu.js';

let project: string;
let model: Awaited<ReturnType<typeof modelFile>>;

beforeAll(async () => {
  project = projectWithTarball([]); // without any package of tf.js
  writeFileSync(join(project, 'package.json'), '{"private": true, "type": "module"}');
  await copyApp();
  model = await modelFile();
});

/** The app is what the tests in browsers run, too. */
async function copyApp(): Promise<void> {
  mkdirSync(join(project, 'app'));
  for (const name of ['page', 'worker', 'job']) {
    const source = readFileSync(join(__dirname, `../browser/runtime/${name}.ts`), 'utf8');
    writeFileSync(join(project, `app/${name}.js`), (await transform(source, {loader: 'ts'})).code);
  }
}

/** Whether a page loads kernels that it does not run: esbuild puts all into one file unless told otherwise. */
const SPLITS: Readonly<Record<string, boolean>> = {vite: true, webpack: true, esbuild: false};

/** Bundlers write the line breaks of a text in different ways. */
const withoutBreaks = (text: string) => text.replace(/\\n|\s/g, '');

describe.each(['vite', 'webpack', 'esbuild'])('%s', bundler => {
  test('bundles without a warning, where tf.js is not installed', () => {
    const arguments_ = [join(__dirname, 'build.js'), bundler, join(project, 'app'), join(project, bundler)];
    const said = execFileSync(process.execPath, arguments_, {encoding: 'utf8'});
    expect(JSON.parse(said.trim().split('\n').at(-1)!)).toEqual([]);
  });

  test.each(['page', 'worker'])('a %s runs a compressed model', async where => {
    const site = {'/app/': {folder: join(project, bundler)}, '/model.tfpr': model.file};
    const headers = {'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"};
    const address = `/app/index.html?where=${where}&browser=new`;
    const {result, requests} = await visit<Job>(site, address, {headers});
    expect(result.machine).toBe('relaxed SIMD');
    expect(relativeError(result.outputs, model.outputs)).toBeLessThan(5e-4);
    const scripts = requests.filter(path => path.endsWith('.js')).map(path => path.replace('/app/', ''));
    const loaded = scripts.map(script => readFileSync(join(project, bundler, script), 'utf8')).join('');
    const isLoaded = (binary: string) => withoutBreaks(loaded).includes(withoutBreaks(binary));
    expect([isLoaded(RELAXED_BINARY), isLoaded(SIMD_BINARY)]).toEqual([true, !SPLITS[bundler]]);
  });
});
