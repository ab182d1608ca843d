import {builtin} from './builtin.js';
import {textOf} from './model-json.js';
import {ifThere} from './plain-file.js';

/**
 * Names that the writers of tf.js give to files of weights: nothing else is ever deleted, whatever a model.json names.
 */
const WEIGHTS = /^(?:\.\/)?(weights(?:\.[0-9a-f]{12})?\.bin|group\d+-shard\d+of\d+(?:\.bin)?)$/;

/**
 * The files of weights that the model.json of a folder names; none where there is no such file.
 *
 * @throws what reading it throws: who deletes what is not named must know that it was read.
 */
export async function namedWeights(folder: string): Promise<ReadonlySet<string>> {
  const text = await ifThere(textOf(builtin('node:path').join(folder, 'model.json')));
  if (text === undefined) return new Set();
  const {weightsManifest} = JSON.parse(text) as {weightsManifest: {paths: unknown[]}[]};
  const names = weightsManifest.flatMap(({paths}) => paths).map(path => WEIGHTS.exec(String(path))?.[1]);
  return new Set(names.filter(name => name !== undefined));
}

/** The same of a model that is about to be replaced: none where it can't be read. */
export async function replaceableWeights(folder: string): Promise<readonly string[]> {
  return namedWeights(folder).then(
    names => [...names],
    () => [],
  );
}

/** Deletes files of a folder, one after the other; those that can't be are left there. */
export async function removeAll(folder: string, names: readonly string[]): Promise<void> {
  const {unlink} = builtin('node:fs/promises');
  for (const name of names) await unlink(builtin('node:path').join(folder, name)).catch(() => undefined);
}
