import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {setTimeout as wait} from 'node:timers/promises';
import type {Queue, Worker} from 'bullmq';
import {openRuns} from '../study/run-study.js';
import type {Results} from '../study/results.js';
import {runText, type Run} from '../study/run.js';
import {UsageError} from './exit-codes.js';
import {jobOptions} from './job-options.js';

/** What is worked off, and how. */
export interface QueuedWork {
  /** Where Redis is: `redis://host:6379`. */
  readonly url: string;
  /** The name of the study, and the runs of it. */
  readonly name: string;
  readonly runs: readonly Run[];
  readonly results: Results;
  /** How many runs this process does at once. */
  readonly workers: number;
  /** The arguments of a child that does one run, without its id. */
  readonly child: readonly string[];
  readonly print: (line: string) => void;
}

/** How often the queue is looked at, and the folder: what Redis has lost is put into it again. */
const LOOK_MS = 1_000;

/** A job whose worker is silent for so long is given to another one, this many times. */
const [SILENT_MS, STALLED] = [15_000, 10];

/**
 * Does the open runs of a study together with other processes, on this machine and on others that see the same folder:
 * a queue in Redis (BullMQ) says who does which. Each run has a process of its own, since a busy one can't tell Redis
 * that it is alive; it ends with its parent.
 *
 * The folder is what counts: a run is done when its result is there. So nothing is lost when Redis or a worker is.
 */
export async function workOffQueue(work: QueuedWork): Promise<void> {
  const {Queue, Worker} = await loadBullMq();
  const connection = {url: work.url, maxRetriesPerRequest: null};
  const name = `tfjs-pruning-${work.name}`;
  const queue = new Queue(name, {connection});
  const worker = new Worker<{id: string}>(name, ({data: {id}}) => doRun(id, work), {
    connection,
    concurrency: work.workers,
    lockDuration: SILENT_MS,
    stalledInterval: SILENT_MS,
    maxStalledCount: STALLED,
  });
  try {
    await untilDone(queue, worker, work);
  } finally {
    await worker.close();
    await queue.close();
  }
}

async function untilDone(queue: Queue, worker: Worker, {runs, results}: QueuedWork): Promise<void> {
  let lost: Error | undefined;
  const note = (error: Error) => (lost = error);
  queue.on('error', note);
  worker.on('error', note);
  for (;;) {
    const open = await openRuns(runs, results, false);
    if (open.length === 0) return;
    try {
      // A job of the same id that is there already stays as it is.
      await queue.addBulk(open.map(({id}) => ({name: id, data: {id}, opts: jobOptions(id)})));
    } catch (error) {
      lost = error as Error;
    }
    if (lost && /WRONGPASS|NOAUTH|ENOTFOUND/.test(lost.message)) throw new UsageError(`Redis: ${lost.message}`);
    await wait(LOOK_MS);
  }
}

/** Does one run in a child, and expects its result, or the note of its failure, in the folder. */
async function doRun(id: string, {child, results, runs, print}: QueuedWork): Promise<void> {
  const {isDoneHere, error} = await ended([...child, '--run', id]);
  const result = await results.read(id);
  // Queued again, it is tried later, and the one who does it may have done it then.
  if (!result && !(await results.failure(id))) throw new Error(error);
  const run = runs.find(each => each.id === id);
  if (isDoneHere) print(`${id}  ${result ? 'done' : 'failed'}  ${run ? runText(run) : ''}`);
}

/** How a child has ended. */
interface Ended {
  /** Whether it has done a run, and not left it to another process. */
  readonly isDoneHere: boolean;
  /** Its code, and what it wrote to its error stream. */
  readonly error: string;
}

function ended(args: readonly string[]): Promise<Ended> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const;
    const child = spawn(process.execPath, [...process.execArgv, main, ...args], {stdio: [...stdio]});
    let [isDoneHere, text] = [false, ''];
    child.stderr!.on('data', (part: Buffer) => (text += part.toString()));
    child.on('message', () => (isDoneHere = true));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({isDoneHere, error: `a run ended by ${signal ?? `code ${code}`}: ${text.trim()}`});
    });
  });
}

async function loadBullMq(): Promise<typeof import('bullmq')> {
  try {
    return await import('bullmq');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError('--queue needs BullMQ and a client of Redis: npm install bullmq ioredis');
  }
}
