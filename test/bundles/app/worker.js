import('./job.js')
  .then(({job}) => job())
  .then(
    result => postMessage({result}),
    error => postMessage({error: error instanceof Error ? String(error.stack) : JSON.stringify(error)}),
  );
