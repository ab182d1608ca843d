import {builtin} from './builtin.js';
import {textOf} from './model-json.js';

/** Names that the writers of tf.js give to files of weights: nothing else is ever deleted, whatever a model.json names. */
const WEIGHTS = /^(?:\.\/)?(weights(?:\.[0-9a-f]{12})?\.bin|group\d+-shard\d+of\d+(?:\.bin)?)$/;

/** The files of weights that the model.json of a folder names; none where there is no such file, or it can't be read. */
export async function namedWeights(folder: string): Promise<ReadonlySet<string>> {
  try {
    const {weightsManifest} = JSON.parse(await textOf(builtin('node:path').join(folder, 'model.json'))) as {
      weightsManifest: {paths: unknown[]}[];
    };
    const names = weightsManifest.flatMap(({paths}) => paths).map(path => WEIGHTS.exec(String(path))?.[1]);
    return new Set(names.filter(name => name !== undefined));
  } catch {
    return new Set();
  }
}

/** Deletes files of a folder, one after the other; those that can't be are left there. */
export async function removeAll(folder: string, names: readonly string[]): Promise<void> {
  const {unlink} = builtin('node:fs/promises');
  for (const name of names) await unlink(builtin('node:path').join(folder, name)).catch(() => undefined);
}
