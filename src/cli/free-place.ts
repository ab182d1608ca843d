import {readdir, stat} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {pathsOf} from '../files/place.js';
import {UsageError} from './exit-codes.js';
import {usableNow} from './usable.js';

/** The arguments of commands that write. */
export const OUT = {out: {type: 'string'}, force: {type: 'boolean'}} as const;

/** What {@link OUT} gives. */
export interface Out {
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
}

/**
 * The folder that a model may be saved in.
 *
 * @throws UsageError if none is named, it is a file, or something is in it already and is not to be replaced.
 */
export async function freeFolder({out, force = false}: Out): Promise<string> {
  const named = pathOf(out, 'folder');
  const path = basename(named) === 'model.json' ? dirname(named) : named;
  if (/\.(tfpr|json)$/i.test(path)) {
    throw new UsageError(
      `Expected --out to be a folder, got "${out}"; only tfjs-pruning compress, without --stock, writes one file`,
    );
  }
  const status = await statusOf(path);
  if (status && !status.isDirectory()) throw new UsageError(`Expected --out to be a folder, but "${path}" is a file`);
  if (status && !force && (await readdir(path)).length > 0) throw taken(path);
  return path;
}

/** The file that may be written. @throws UsageError if none is named, or it is there and is not to be replaced. */
export async function freeFile({out, force = false}: Out): Promise<string> {
  const path = pathOf(out, 'file');
  const status = await statusOf(path);
  if (status?.isDirectory()) throw new UsageError(`Expected --out to be a file, but "${path}" is a folder`);
  if (status && !status.isFile())
    throw new UsageError(`Expected --out to be a file, but "${path}" is a device or pipe`);
  if (status && !force) throw taken(path);
  return path;
}

function pathOf(out: string | undefined, kind: 'folder' | 'file'): string {
  if (out === undefined || out === '') {
    throw new UsageError(`Expected --out ${kind.toUpperCase()}, where the result goes`);
  }
  if (/^[a-z][\w+.-]+:\/\//i.test(out) && !/^file:/i.test(out)) {
    throw new UsageError(`Expected --out to be the path of a ${kind}, got "${out}"`);
  }
  return usableNow(() => pathsOf(out, kind))[0];
}

async function statusOf(path: string) {
  return stat(path).catch(() => undefined);
}

function taken(path: string): UsageError {
  return new UsageError(`"${path}" is there already; --force replaces it`);
}
