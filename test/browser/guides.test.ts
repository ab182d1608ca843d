import {readFileSync} from 'node:fs';
import {build} from 'esbuild';
import type {Site} from './page-server.js';
import {WASM} from './site.js';
import {visit} from './visit.js';

/** What a page of an example shows in the end. */
interface Shown {
  log: string;
  /** The elements that hold one. */
  charts: string[];
}

const WATCH = bundled('test/browser/watch-page.ts');

/** A page that watches another one, which runs as it stands: its scripts are bundled, as users bundle theirs. */
async function shownBy(html: string, scripts: Readonly<Record<string, string>>): Promise<Shown> {
  const bundles = Object.entries(scripts).map(async ([path, file]) => [path, await bundled(file)] as const);
  const site: Site = {
    ...WASM,
    '/': '<!doctype html><script type="module" src="/watch-page.js"></script>',
    '/watch-page.js': await WATCH,
    '/page.html': readFileSync(html, 'utf8'),
    ...Object.fromEntries(await Promise.all(bundles)),
  };
  return (await visit<Shown>(site)).result;
}

async function bundled(file: string): Promise<string> {
  const {outputFiles} = await build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    write: false,
    define: {'process.env.NODE_ENV': '"production"'},
    tsconfigRaw: {}, // the repository's own leads to the sources
  });
  return outputFiles[0]!.text;
}

test('the quick start for a page runs as it stands', async () => {
  const {log} = await shownBy('examples/quick-start/page.html', {'/page.mjs': 'examples/quick-start/page.mjs'});
  expect(log).toMatch(/^epoch 15\/15 .* acc 0\.9\d+ .* sparsity 0\.9/m);
  expect(log).toMatch(/^total .* 1,901 +90\.0%/m);
  expect(log).toMatch(/\nsaved\n$/);
});

test('browser: a worker trains on wasm, tfjs-vis draws, and the page loads the pruned model', async () => {
  const scripts = {'/page.mjs': 'examples/browser/page.mjs', '/worker.mjs': 'examples/browser/worker.mjs'};
  const {log, charts} = await shownBy('examples/browser/page.html', scripts);
  expect(log).toMatch(/^epochs 15 {2}sparsity 0\.9\d* {2}answer (1|0\.9\d*)\ndone\n$/);
  expect(charts).toEqual(['loss', 'sparsity']);
});

test('browser: the callbacks of tfjs-vis work beside ours', async () => {
  const scripts = {'/page.mjs': 'examples/browser/fit-callbacks.mjs'};
  const {log, charts} = await shownBy('examples/browser/page.html', scripts);
  expect(log).toMatch(/^sparsity 0\.9\d*\ndone\n$/);
  expect(charts).toEqual(['loss']);
});
