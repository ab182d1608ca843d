import {fork} from 'node:child_process';
import {mkdirSync, rmSync} from 'node:fs';
import {resolve} from 'node:path';
import {build} from 'esbuild';
import type {ChildMessage, ChildOrder} from './crash-child.js';

const SOURCE = 'examples/benchmarks/support/crash-child.ts';

/** When a child is killed: so many milliseconds after it has told of a step. */
export interface Kill {
  readonly step: number;
  readonly delay: number;
}

/** How a child has ended; without a digest it was killed. */
export interface Ended {
  /** A checksum of the trained model. */
  readonly digest?: string;
  /** How often it has worked on files. */
  readonly operations?: number;
}

/** Lets a training run in a process of its own, until it has come to its end or was killed. */
export type RunChild = (order: ChildOrder, kill?: Kill) => Promise<Ended>;

/**
 * Does something with trainings in processes of their own, all of the sources of now, whatever becomes of them
 * meanwhile.
 */
export async function withChildren<T>(action: (run: RunChild) => Promise<T>): Promise<T> {
  mkdirSync('bench-results', {recursive: true});
  // Within the repository, where Node finds the packages.
  const script = resolve(`bench-results/crash-child-${process.pid}.mjs`);
  const external = ['@tensorflow/*', 'lodash/*'];
  const output = {outfile: script, platform: 'node', format: 'esm'} as const;
  // `sideEffects` in package.json is said of the files in dist.
  await build({entryPoints: [SOURCE], bundle: true, external, ignoreAnnotations: true, ...output});
  try {
    return await action((order, kill) => runChild(script, order, kill));
  } finally {
    rmSync(script);
  }
}

/** Fails with what the child has printed, where it has failed by itself. */
function runChild(script: string, order: ChildOrder, kill?: Kill): Promise<Ended> {
  const child = fork(script, [JSON.stringify(order)], {execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc']});
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', text => printed.push(String(text)));
  let ended: Ended = {};
  child.on('message', (message: ChildMessage) => {
    if ('digest' in message) ended = message;
    else if (message.step === kill?.step) setTimeout(() => child.kill('SIGKILL'), kill.delay);
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL' || code === 0) done(ended);
      else fail(new Error(`The training in a child process has failed with code ${code}:\n${printed.join('')}`));
    });
  });
}
