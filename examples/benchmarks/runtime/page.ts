/** Runs in the page: compares on the net that the address names, and posts what came of it. */
import {startWasm} from 'tfjs-pruning/wasm';
import {compareOn, type Comparison} from '../support/runtime-comparison.js';

/** What the page posts. */
export interface ComparisonInPage extends Comparison {
  readonly browser: string;
}

async function run(): Promise<ComparisonInPage> {
  const parameters = new URLSearchParams(location.search);
  await startWasm({paths: '/wasm/'});
  const comparison = await compareOn(parameters.get('net')!, () => performance.now(), parameters.has('layers'));
  const browser = /Chrom\S*/.exec(navigator.userAgent)![0];
  return {...comparison, browser};
}

const post = (message: {result: ComparisonInPage} | {error: string}) =>
  fetch('/posted', {method: 'POST', body: JSON.stringify(message)});

run().then(
  result => post({result}),
  (error: unknown) => post({error: error instanceof Error ? String(error.stack) : JSON.stringify(error)}),
);
