import {mkdir} from 'node:fs/promises';
import {resolve} from 'node:path';
import {dispose} from '@tensorflow/tfjs-core';
import {received} from '../options/expect.js';
import {boolean, option} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args, Values} from '../options/table.js';
import {ABORTABLE, expectListener} from '../display/long-work.js';
import {executeRun, type RunResult} from './execute-run.js';
import {Lease} from './lease.js';
import type {DataSet, StudyData} from './parts.js';
import {Results, type FailedRun} from './results.js';
import {runText, type Run} from './run.js';
import {runsOfShard, type Shard} from './shard.js';
import type {Study} from './study.js';

/** How far a study is. */
export interface StudyProgress {
  /** How many runs are done. */
  readonly done: number;
  /** How many were to be done. */
  readonly total: number;
  /** How many epochs of the current run are done, here. */
  readonly epoch: number;
  /** How many it has. */
  readonly epochs: number;
  /** What runs: data, net, method, target and seed. */
  readonly label: string;
  /** The seconds that are left if the other runs take as long as those before; NaN at first. */
  readonly secondsLeft: number;
  /** The result of the run that has just ended. */
  readonly result?: RunResult;
  /** Why the run that has just ended failed. */
  readonly failed?: FailedRun;
  /** Whether the run was left to another process, which is doing it, or has done it meanwhile. */
  readonly isElsewhere?: boolean;
}

const OPTIONS = {
  /** Where results, trained nets and backups are kept. Defaults to `studies/<name>` in the working directory. */
  folder: option(expectFolder, undefined),
  /** Does only the runs of one of several machines: `{index: 2, count: 8}`. Defaults to all. */
  shard: option(expectShard, undefined),
  /** Does only the run of this id. */
  run: option(expectId, undefined),
  /** Whether runs that failed are tried again. Defaults to false. */
  retryFailed: boolean(false),
  /**
   * Told after each epoch and each run.
   *
   * @param progress how far the study is.
   */
  onProgress: option(expectListener<StudyProgress & {label: string}>, undefined),
};

/** Options of {@link runStudy}. */
export type RunStudyArgs = Args<typeof OPTIONS & typeof ABORTABLE>;

/** What a study has by now. */
export interface StudyOutcome {
  /** The results of all runs of the study that are in its folder, in the order of its runs. */
  readonly results: readonly RunResult[];
  /** The runs that failed, in that order, too. */
  readonly failed: readonly FailedRun[];
}

/**
 * Does the runs of a study that are not done yet, one after the other. It can be called again at any time: a run whose
 * result is there is skipped, and one that was killed goes on from its last epoch. A run that throws is noted, and the
 * others go on. Several processes may work on one folder: a run that another one is doing is left to it.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong, or the study has no such run; Error if the folder
 *     can't be written, or a file there is no result; what `onProgress` throws; the reason of `signal`.
 *
 * @example
 * const {results, failed} = await runStudy(mine, {folder: 'studies/mine'});
 * console.log(formatStudy(results));
 */
export async function runStudy(study: Study, args: RunStudyArgs = {}): Promise<StudyOutcome> {
  const options = read('runStudy', args, {...OPTIONS, ...ABORTABLE});
  const all = study.runs();
  const results = new Results(folderOf(study, options.folder));
  const chosen = chosenRuns(all, options);
  await mkdir(results.folder, {recursive: true}); // also for a shard without runs: `merge` expects the folder
  const todo = await openRuns(chosen, results, options.retryFailed);
  const data = new LoadedData();
  const began = performance.now();
  try {
    for (const [done, run] of todo.entries()) {
      options.signal?.throwIfAborted();
      const secondsLeft = done === 0 ? NaN : ((performance.now() - began) / 1000 / done) * (todo.length - done);
      const about = {total: todo.length, label: runText(run), secondsLeft};
      const ended = await attempt(study, run, results, data, {...about, done}, options);
      options.onProgress?.({...about, ...ended, done: done + 1, ...epochsOf(run)});
    }
  } finally {
    data.dispose();
  }
  return outcome(all, results);
}

/** What is in the folder of a study, without running anything. */
export async function outcome(runs: readonly Run[], results: Results): Promise<StudyOutcome> {
  const inOrder = <T extends {readonly run: Run}>(found: readonly T[]) => {
    const byId = new Map(found.map(each => [each.run.id, each]));
    return runs.flatMap(({id}) => byId.get(id) ?? []);
  };
  const done = inOrder(await results.all());
  const isDone = new Set(done.map(({run}) => run.id));
  const failed = inOrder(await results.failures()).filter(({run}) => !isDone.has(run.id));
  return {results: done, failed};
}

/** The folder of a study, absolute. */
export function folderOf({name}: Study, folder = `studies/${name}`): string {
  return resolve(folder);
}

/** The runs that options choose. */
export function chosenRuns(
  runs: readonly Run[],
  {shard, run}: Pick<Values<typeof OPTIONS>, 'shard' | 'run'>,
): readonly Run[] {
  if (run === undefined) return shard ? runsOfShard(runs, shard) : runs;
  const found = runs.find(({id}) => id === run);
  if (found) return [found];
  throw new RangeError(`The study has no run ${run}; --list shows all. Other versions and backends make other ids`);
}

/** The runs without a result, and without a failure unless it is to be tried again. */
export async function openRuns(runs: readonly Run[], results: Results, retryFailed: boolean): Promise<Run[]> {
  const open: Run[] = [];
  for (const run of runs) {
    if (await results.read(run.id)) continue;
    if (retryFailed || !(await results.failure(run.id))) open.push(run);
  }
  return open;
}

async function attempt(
  study: Study,
  run: Run,
  results: Results,
  loaded: LoadedData,
  about: Omit<StudyProgress, 'epoch' | 'epochs'>,
  {onProgress, signal}: RunStudyArgs,
): Promise<Pick<StudyProgress, 'result' | 'failed' | 'isElsewhere'>> {
  const {epochs} = epochsOf(run);
  let epoch = 0;
  const ofListener: unknown[] = [];
  const onEpoch = () => {
    signal?.throwIfAborted();
    try {
      onProgress?.({...about, epoch: ++epoch, epochs});
    } catch (error) {
      ofListener.push(error);
      throw error;
    }
  };
  const lease = await Lease.take(results.folder, run.id);
  if (!lease) return {isElsewhere: true};
  try {
    // Another process may have done it since the open runs were listed.
    const known = await results.read(run.id);
    if (known) return {result: known, isElsewhere: true};
    const parts = study.partsOf(run);
    const result = await executeRun(run, parts, await loaded.of(parts.data), {folder: results.folder, onEpoch});
    await results.write(result);
    return {result};
  } catch (error) {
    if (signal?.aborted || ofListener.includes(error)) throw error;
    const text = (Object(error) as Partial<Error>).stack ?? String(error);
    const failed = {run, error: text, ended: new Date().toISOString()};
    await results.writeFailure(failed);
    return {failed};
  } finally {
    await lease.release();
  }
}

function epochsOf({train: {epochs, tuneEpochs}}: Run): {epoch: number; epochs: number} {
  return {epoch: epochs + tuneEpochs, epochs: epochs + tuneEpochs};
}

/** The data of the current run, kept for the next one. */
class LoadedData {
  #set: DataSet | undefined;
  #data: StudyData | undefined;

  async of(set: DataSet): Promise<StudyData> {
    if (set === this.#set) return this.#data!;
    this.dispose();
    this.#data = await set.load();
    this.#set = set;
    return this.#data;
  }

  dispose(): void {
    if (this.#data) dispose([this.#data.train, this.#data.test] as never);
    this.#set = this.#data = undefined;
  }
}

function expectFolder(name: string, folder: string): string {
  if (typeof folder === 'string' && folder !== '') return folder;
  throw new TypeError(`Expected \`${name}\` to be the path of a folder, got ${received(folder)}`);
}

function expectId(name: string, id: string): string {
  if (typeof id === 'string' && /^[0-9a-f]{12}$/.test(id)) return id;
  throw new TypeError(`Expected \`${name}\` to be the id of a run, 12 hexadecimal digits, got ${received(id)}`);
}

function expectShard(name: string, shard: Shard): Shard {
  const {index, count} = Object(shard) as Shard;
  if (Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count) return shard;
  throw new RangeError(`Expected \`${name}\` to be {index, count} with 1 <= index <= count, got ${received(shard)}`);
}
