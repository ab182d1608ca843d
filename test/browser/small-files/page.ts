/** Does the job in the page or in a worker, as the address asks, or downloads a model; and posts what came of it. */
import * as tfl from '@tensorflow/tfjs-layers';
import {compressed} from 'tfjs-pruning/wire';
import {job, type Job} from './job.js';

function inWorker(): Promise<Job> {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', {type: 'module'});
    worker.onmessage = ({data}: MessageEvent<{result: Job} | {error: string}>) =>
      'error' in data ? reject(new Error(`in the worker: ${data.error}`)) : resolve(data.result);
    worker.onerror = event => reject(new Error(`the worker failed: ${event.message}`));
  });
}

/** Loads the model and saves it as a download; the server tells what has arrived on the disk. */
async function downloaded(): Promise<string> {
  const model = await tfl.loadLayersModel(compressed(new URL('/model.tfpr', location.href)));
  await model.save(compressed('downloads://small.tfpr'));
  return (await fetch('/downloaded')).text();
}

const JOBS: Record<string, () => Promise<unknown>> = {page: job, worker: inWorker, download: downloaded};

const post = (message: {result: unknown} | {error: string}) =>
  fetch('/posted', {method: 'POST', body: JSON.stringify(message)});

JOBS[location.search.slice(1)]!().then(
  result => post({result}),
  (error: unknown) => post({error: error instanceof Error ? String(error.stack) : JSON.stringify(error)}),
);
