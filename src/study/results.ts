import {mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
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
    return (await this.#json(`${id}.json`)) as RunResult | undefined;
  }

  /** Why a run failed, if it did. */
  async failure(id: string): Promise<FailedRun | undefined> {
    return (await this.#json(`${id}.failed.json`)) as FailedRun | undefined;
  }

  /** All results, in the order of their ids. */
  async all(): Promise<RunResult[]> {
    return (await this.#matching(/^[0-9a-f]{12}\.json$/)) as RunResult[];
  }

  /** All failures, in the order of their ids. */
  async failures(): Promise<FailedRun[]> {
    return (await this.#matching(/^[0-9a-f]{12}\.failed\.json$/)) as FailedRun[];
  }

  /** Puts a result in place; what failed before is forgotten. */
  async write(result: RunResult): Promise<void> {
    await this.#put(`${result.run.id}.json`, result);
    await rm(join(this.folder, `${result.run.id}.failed.json`), {force: true});
  }

  async writeFailure(failed: FailedRun): Promise<void> {
    await this.#put(`${failed.run.id}.failed.json`, failed);
  }

  /** Forgets that runs failed, so that they are open again. */
  async forgetFailures(runs: readonly Run[]): Promise<void> {
    for (const {id} of runs) await rm(join(this.folder, `${id}.failed.json`), {force: true});
  }

  async #put(name: string, value: object): Promise<void> {
    await mkdir(this.folder, {recursive: true});
    const aside = join(this.folder, `.${name}.${process.pid}.${Date.now()}`);
    await writeFile(aside, `${JSON.stringify(value, null, 2)}\n`);
    await rename(aside, join(this.folder, name));
  }

  async #json(name: string): Promise<unknown> {
    const text = await orUndefined(readFile(join(this.folder, name), 'utf8'));
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${join(this.folder, name)} is no JSON; delete it, and the run is done again`, {cause: error});
    }
  }

  async #matching(pattern: RegExp): Promise<unknown[]> {
    const names = (await orUndefined(readdir(this.folder))) ?? [];
    return Promise.all(
      names
        .filter(name => pattern.test(name))
        .sort()
        .map(name => this.#json(name)),
    );
  }
}

async function orUndefined<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
