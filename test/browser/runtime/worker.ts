/** Does the job in a worker. */
import {job, type Browser} from './job.js';

onmessage = ({data}: MessageEvent<Browser>) => {
  job(data).then(
    result => postMessage({result}),
    (error: unknown) => postMessage({error: error instanceof Error ? String(error.stack) : JSON.stringify(error)}),
  );
};
