import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import uniq from 'lodash/uniq.js';
import {Results} from './results.js';

/**
 * Copies the results of several folders into one. A run that is in several of them is taken once; the folder of a shard
 * that had no run may be empty.
 *
 * @param anyVersion accepts results of several versions or backends, which are other runs, and are reported apart.
 * @returns how many results are in the folder then.
 * @throws Error, before anything is written, if there is no such folder, or none has results, or they are of different
 *     versions.
 */
export async function mergeResults(
  folders: readonly string[],
  into: string,
  {anyVersion}: {readonly anyVersion: boolean},
): Promise<number> {
  const target = new Results(resolve(into));
  const found = await Promise.all(
    folders.map(async folder => {
      if (existsSync(resolve(folder))) return new Results(resolve(folder)).all();
      throw new Error(`There is no folder ${resolve(folder)}`);
    }),
  );
  const all = [...(await target.all()), ...found.flat()];
  if (all.length === 0) throw new Error(`There are no results in ${folders.map(folder => resolve(folder)).join(', ')}`);
  const versions = uniq(all.map(({run}) => JSON.stringify(run.versions)));
  if (versions.length > 1 && !anyVersion) {
    throw new Error(
      `The results are of different versions: ${versions.join(', ')}. They don't compare; --any-version merges them ` +
        'all the same',
    );
  }
  const byId = new Map(all.map(result => [result.run.id, result]));
  for (const result of byId.values()) await target.write(result);
  return byId.size;
}
