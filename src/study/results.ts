import {mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {isPlainObject} from '../options/expect.js';
import type {RunResult} from './execute-run.js';
import type {Run} from './run.js';

/** A run that threw. */
export interface FailedRun {
  /** What was run. */
  readonly run: Run;
  /** The error, with its stack. */
  readonly error: string;
  /** When: ISO 8601. */
  readonly ended: string;
}

/**
 * The results in the folder of a study: one JSON file a run, `<id>.json`, or `<id>.failed.json`. A file is written
 * beside its place and put there by one rename, so that none is ever half written.
 */
export class Results {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The result of a run, if it is there. */
  async read(id: string): Promise<RunResult | undefined> {
    return (await this.#json(id, RESULT)) as RunResult | undefined;
  }

  /** Why a run failed, if it did. */
  async failure(id: string): Promise<FailedRun | undefined> {
    return (await this.#json(id, FAILURE)) as FailedRun | undefined;
  }

  /** All results, in the order of their ids. */
  async all(): Promise<RunResult[]> {
    return (await this.#all(RESULT)) as RunResult[];
  }

  /** All failures, in the order of their ids. */
  async failures(): Promise<FailedRun[]> {
    return (await this.#all(FAILURE)) as FailedRun[];
  }

  /** Puts a result in place; what failed before is forgotten. */
  async write(result: RunResult): Promise<void> {
    const {id} = result.run;
    await this.#put(id + RESULT.ending, result);
    await rm(join(this.folder, id + FAILURE.ending), {force: true});
  }

  async writeFailure(failed: FailedRun): Promise<void> {
    await this.#put(failed.run.id + FAILURE.ending, failed);
  }

  /** Forgets that runs failed, so that they are open again. */
  async forgetFailures(runs: readonly Run[]): Promise<void> {
    for (const {id} of runs) await rm(join(this.folder, id + FAILURE.ending), {force: true});
  }

  async #put(name: string, value: object): Promise<void> {
    await mkdir(this.folder, {recursive: true});
    const aside = join(this.folder, `.${name}.${process.pid}.${Date.now()}`);
    await writeFile(aside, `${JSON.stringify(value, null, 2)}\n`);
    await rename(aside, join(this.folder, name));
  }

  async #json(id: string, kind: Kind): Promise<unknown> {
    const path = join(this.folder, id + kind.ending);
    const text = await orUndefined(readFile(path, 'utf8'));
    return text === undefined ? undefined : parsed(path, text, id, kind);
  }

  async #all(kind: Kind): Promise<unknown[]> {
    const names = (await orUndefined(readdir(this.folder))) ?? [];
    const ids = names.filter(name => /^[0-9a-f]{12}\./.test(name) && name.slice(ID) === kind.ending);
    return Promise.all(ids.sort().map(name => this.#json(name.slice(0, ID), kind)));
  }
}

/** The length of an id. */
const ID = 12;

/** A kind of file: how its name goes on after the id of the run, and what it must hold besides that run. */
interface Kind {
  readonly ending: string;
  readonly holds: Readonly<Record<string, (value: unknown) => boolean>>;
}

const RESULT: Kind = {
  ending: '.json',
  holds: {dense: isPlainObject, after: isPlainObject, seconds: isPlainObject},
};
const FAILURE: Kind = {ending: '.failed.json', holds: {error: value => typeof value === 'string'}};

/** @throws Error that names the file if it does not hold what its name says. */
function parsed(path: string, text: string, id: string, {holds}: Kind): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is no JSON; ${REMEDY}`, {cause: error});
  }
  const {run, ...others} = Object(value) as {run?: Partial<Run>} & Record<string, unknown>;
  if (run?.id === id && Object.entries(holds).every(([key, isRight]) => isRight(others[key]))) return value;
  throw new Error(`${path} does not hold what became of run ${id}; ${REMEDY}`);
}

const REMEDY = 'delete it, and the run is done again';

/** Undefined if there is no such file or folder. */
async function orUndefined<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
