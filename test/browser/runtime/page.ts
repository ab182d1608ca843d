/** Does the job in the page or in a worker, as the address asks, and posts what came of it. */
import {job, type Browser, type Job} from './job.js';

const parameters = new URLSearchParams(location.search);
const browser = parameters.get('browser') as Browser;

function inWorker(): Promise<Job> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {type: 'module'});
    worker.onmessage = ({data}: MessageEvent<{result: Job} | {error: string}>) =>
      'error' in data ? reject(new Error(`in the worker: ${data.error}`)) : resolve(data.result);
    worker.onerror = event => reject(new Error(`the worker failed: ${event.message}`));
    worker.postMessage(browser);
  });
}

const post = (message: {result: unknown} | {error: string}) =>
  fetch('/posted', {method: 'POST', body: JSON.stringify(message)});

(parameters.get('where') === 'worker' ? inWorker() : job(browser)).then(
  result => post({result}),
  (error: unknown) => post({error: error instanceof Error ? String(error.stack) : JSON.stringify(error)}),
);
