import {builtin} from './builtin.js';
import {leftOver} from './generations.js';
import {namedWeights, removeAll} from './named-weights.js';
import {ifThere} from './plain-file.js';

/** Deletes a model and its weights, and the folder where nothing else is in it. Where there is none, nothing happens. */
export async function removeModel(folder: string): Promise<void> {
  const fs = builtin('node:fs/promises');
  const weights = await namedWeights(folder);
  await ifThere(fs.unlink(builtin('node:path').join(folder, 'model.json')));
  await removeAll(folder, [...weights]);
  const rest = await ifThere(leftOver(folder, () => namedWeights(folder)));
  await removeAll(folder, rest ?? []);
  await fs.rmdir(folder).catch(() => undefined);
}
