import {fork} from 'node:child_process';
import {mkdirSync, rmSync} from 'node:fs';
import {resolve} from 'node:path';
import {build} from 'esbuild';
import type {ChildMessage, ChildOrder} from './crash-child.js';

const SOURCE = 'examples/benchmarks/support/crash-child.ts';

/** When to kill a child: so many milliseconds after it reports a step. */
export interface Kill {
  readonly step: number;
  readonly delay: number;
}

/** How a child ended; it was killed if there is no digest. */
export interface Ended {
  /** A checksum of the trained model. */
  readonly digest?: string;
  /** The number of file operations. */
  readonly operations?: number;
}

/** Runs a training in its own process until it ends or is killed. */
export type RunChild = (order: ChildOrder, kill?: Kill) => Promise<Ended>;

/**
 * Runs `action` with trainings in their own processes, all from the current sources, even if these change meanwhile.
 */
export async function withChildren<T>(action: (run: RunChild) => Promise<T>): Promise<T> {
  mkdirSync('bench-results', {recursive: true});
  // inside the repository, where Node finds the packages
  const script = resolve(`bench-results/crash-child-${process.pid}.mjs`);
  const external = ['@tensorflow/*', 'lodash/*'];
  const output = {outfile: script, platform: 'node', format: 'esm'} as const;
  // `sideEffects` in package.json applies to the files in dist
  await build({entryPoints: [SOURCE], bundle: true, external, ignoreAnnotations: true, ...output});
  try {
    return await action((order, kill) => runChild(script, order, kill));
  } finally {
    rmSync(script);
  }
}

/** Fails with the output of the child if the child failed. */
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
      else fail(new Error(`The training in a child process failed with code ${code}:\n${printed.join('')}`));
    });
  });
}
