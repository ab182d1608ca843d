/**
 * Kills trainings at random moments, resumes them, and compares them with trainings that never stopped: about an hour.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import omit from 'lodash/omit.js';
import {randomNumbers} from '../../src/math/random-numbers.js';
import {BATCHES, CALLBACKS, EPOCHS, OPTIMIZERS} from './support/crash-training.js';
import type {ChildOrder} from './support/crash-child.js';
import {withChildren, type Ended, type Kill, type RunChild} from './support/killed-training.js';

const STEPS = EPOCHS * BATCHES;
/** About the time of a step in a child, so that a kill can come anywhere between two steps. */
const LONGEST_DELAY = 8;
/** How many children run at once. */
const WORKERS = 2;

/** How many kills to try. */
export interface CrashArgs {
  /** Kills at random moments of each training. Defaults to 20, or the number in CRASH_KILLS. */
  kills?: number;
  /** Kills during a save of each training. Defaults to half as many. */
  killsInSaves?: number;
  callbacks?: readonly string[];
  optimizers?: readonly string[];
  seed?: number;
}

/** The outcome of one training that was killed. */
type Outcome = 'equal' | 'other bits' | 'failed' | 'not killed';

/** Kills, resumes and compares; prints a row for each callback. */
export async function main(args: CrashArgs = {}): Promise<{ok: number; failed: number}> {
  return withChildren(run => tryAll(run, args));
}

async function tryAll(
  run: RunChild,
  {
    kills = Number(process.env['CRASH_KILLS'] ?? 20),
    killsInSaves = Math.ceil(kills / 2),
    callbacks = Object.keys(CALLBACKS),
    optimizers = Object.keys(OPTIMIZERS),
    seed = 1,
  }: CrashArgs,
): Promise<{ok: number; failed: number}> {
  const folder = mkdtempSync(join(tmpdir(), 'crash-'));
  console.log(`${kills} kills of each training and ${killsInSaves} within a save, seed ${seed}: equal / all\n`);
  console.log(['callback'.padEnd(26), ...optimizers.map(name => name.padStart(12))].join(''));
  const all: Outcome[] = [];
  try {
    for (const callback of callbacks) {
      const columns: string[] = [];
      for (const optimizer of optimizers) {
        const outcomes = await killed(run, {folder, callback, optimizer, kills, killsInSaves, seed});
        columns.push(`${outcomes.filter(isOk).length} / ${outcomes.length}`.padStart(12));
        all.push(...outcomes);
      }
      console.log([callback.padEnd(26), ...columns].join(''));
    }
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  const [ok, failed] = [all.filter(isOk).length, all.filter(outcome => !isOk(outcome)).length];
  const unkilled = all.filter(outcome => outcome === 'not killed').length;
  console.log(`\n${ok} ok (${unkilled} of them had ended before the kill), ${failed} failed`);
  return {ok, failed};
}

/** A kill that comes too late proves nothing, but is not a failure. */
function isOk(outcome: Outcome): boolean {
  return outcome === 'equal' || outcome === 'not killed';
}

interface Killed {
  readonly folder: string;
  readonly callback: string;
  readonly optimizer: string;
  readonly kills: number;
  readonly killsInSaves: number;
  readonly seed: number;
}

/** One training, killed as often as asked, each time from its start. */
async function killed(
  run: RunChild,
  {folder, callback, optimizer, kills, killsInSaves, seed}: Killed,
): Promise<Outcome[]> {
  let count = 0;
  const order = (): ChildOrder => {
    const place = pathToFileURL(join(folder, `${callback} ${optimizer} ${count}`)).href;
    // every batch, every third one, every epoch
    return {callback, optimizer, place, every: ([1, 3, 'epoch'] as const)[count++ % 3]!};
  };
  const whole = await run({...order(), every: 1});
  const text = `${seed} ${callback} ${optimizer}`;
  const [steps, delays, operations] = ['step', 'delay', 'operation'].map(what =>
    randomNumbers(kills + killsInSaves, `${text} ${what}`),
  );
  const tasks = Array.from({length: kills + killsInSaves}, (_, i) => () => {
    if (i < kills) {
      const kill = {step: 1 + Math.floor(steps![i]! * STEPS), delay: delays![i]! * LONGEST_DELAY};
      return outcomeOf(run, whole, order(), kill);
    }
    const dieAtOperation = Math.floor(operations![i]! * whole.operations!);
    return outcomeOf(run, whole, {...order(), every: 1, dieAtOperation});
  });
  return inParallel(tasks);
}

/** Runs a training that is killed once and resumed. */
async function outcomeOf(run: RunChild, whole: Ended, order: ChildOrder, kill?: Kill): Promise<Outcome> {
  try {
    const first = await run(order, kill);
    if (first.digest !== undefined) return first.digest === whole.digest ? 'not killed' : 'other bits';
    const {digest} = await run(omit(order, 'dieAtOperation'));
    if (digest === whole.digest) return 'equal';
    console.error('other bits', JSON.stringify({...order, kill}));
    return 'other bits';
  } catch (error) {
    console.error(JSON.stringify({...order, kill}), error);
    return 'failed';
  }
}

/** Runs tasks, several at once, and returns their results in order. */
async function inParallel<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async () => {
    while (next < tasks.length) {
      const i = next++;
      results[i] = await tasks[i]!();
    }
  };
  await Promise.all(Array.from({length: WORKERS}, work));
  return results;
}
