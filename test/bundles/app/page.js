const describe = error => (error instanceof Error ? String(error.stack) : JSON.stringify(error));
const post = message => fetch('/posted', {method: 'POST', body: JSON.stringify(message)});

function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {type: 'module'});
    worker.onmessage = ({data}) =>
      'error' in data ? reject(new Error(`in the worker: ${data.error}`)) : resolve(data.result);
    worker.onerror = event => reject(new Error(`the worker failed: ${event.message}`));
  });
}

async function run() {
  const {job} = await import('./job.js');
  const page = await job();
  return {page, worker: await inWorker(), isolated: crossOriginIsolated};
}

run().then(
  result => post({result}),
  error => post({error: describe(error)}),
);
