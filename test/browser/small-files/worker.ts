/** Does the job in a worker. */
import {job} from './job.js';

job().then(
  result => postMessage({result}),
  (error: unknown) => postMessage({error: error instanceof Error ? String(error.stack) : JSON.stringify(error)}),
);
