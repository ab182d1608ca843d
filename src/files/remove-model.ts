import {builtin} from './builtin.js';
import {removeLeftOver} from './generations.js';
import {removeAll, replaceableWeights} from './named-weights.js';
import {ifThere} from './plain-file.js';

/** Deletes a model and its weights, and the folder if it is empty then. Does nothing if there is no model. */
export async function removeModel(folder: string): Promise<void> {
  const fs = builtin('node:fs/promises');
  const weights = await replaceableWeights(folder);
  await ifThere(fs.unlink(builtin('node:path').join(folder, 'model.json')));
  await removeAll(folder, weights);
  await removeLeftOver(folder);
  await fs.rmdir(folder).catch(() => undefined);
}
