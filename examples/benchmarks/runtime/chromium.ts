/**
 * The same as `runtime`, in a page of Chromium, by its clock: `npm run bench -- runtime/chromium`, with the same
 * variables. Both contenders run on one thread.
 */
import {build} from 'esbuild';
import findChromium from '../../../test/browser/find-chromium.js';
import type {Site} from '../../../test/browser/page-server.js';
import {visit} from '../../../test/browser/visit.js';
import {report, type Figure} from '../support/figures.js';
import {netsNamed} from '../support/runtime-comparison.js';
import type {ComparisonInPage} from './page.js';

/** Runs the comparison, in a page for each net. */
export async function main(): Promise<void> {
  findChromium();
  const layers = Boolean(process.env['RUNTIME_LAYERS']);
  const site = await siteOfPage();
  const all: Figure[] = [];
  let program = '';
  for (const net of netsNamed(process.env['RUNTIME_NETS'])) {
    const query = new URLSearchParams({net, ...(layers && {layers: '1'})});
    const {result} = await visit<ComparisonInPage>(site, `/?${String(query)}`);
    if (layers) console.log(result.tables.join('\n\n'));
    all.push(...result.figures);
    program = `${result.browser}, ${result.machine}`;
  }
  report('runtime/chromium', all, program);
}

async function siteOfPage(): Promise<Site> {
  const {outputFiles} = await build({
    entryPoints: [`${import.meta.dirname}/page.ts`],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  return {
    '/': '<!doctype html><script type="module" src="/page.js"></script>',
    '/page.js': outputFiles[0]!.text,
    '/wasm/': {folder: 'node_modules/@tensorflow/tfjs-backend-wasm/dist'},
  };
}
