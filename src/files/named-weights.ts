import {builtin} from './builtin.js';
import {textOf} from './model-json.js';
import {ifThere} from './plain-file.js';

/** The names that tf.js gives to weight files. Nothing else is ever deleted, whatever a model.json names. */
const WEIGHTS = /^(?:\.\/)?(weights(?:\.[0-9a-f]{12})?\.bin|group\d+-shard\d+of\d+(?:\.bin)?)$/;

/**
 * The weight files that the model.json of a folder names; none if there is no model.json.
 *
 * @throws if model.json can't be read: then no file may be deleted as unnamed.
 */
export async function namedWeights(folder: string): Promise<ReadonlySet<string>> {
  const text = await ifThere(textOf(builtin('node:path').join(folder, 'model.json')));
  if (text === undefined) return new Set();
  const {weightsManifest} = JSON.parse(text) as {weightsManifest: {paths: unknown[]}[]};
  const names = weightsManifest.flatMap(({paths}) => paths).map(path => WEIGHTS.exec(String(path))?.[1]);
  return new Set(names.filter(name => name !== undefined));
}

/** The weight files of a model that is about to be replaced; none if model.json can't be read. */
export async function replaceableWeights(folder: string): Promise<readonly string[]> {
  return namedWeights(folder).then(
    names => [...names],
    () => [],
  );
}

/** Deletes files of a folder one by one, and leaves those that can't be deleted. */
export async function removeAll(folder: string, names: readonly string[]): Promise<void> {
  const {unlink} = builtin('node:fs/promises');
  for (const name of names) await unlink(builtin('node:path').join(folder, name)).catch(() => undefined);
}
