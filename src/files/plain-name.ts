import {builtin} from './builtin.js';
import {otherMarks, type Generation} from './generations.js';
import {textOf} from './model-json.js';
import {removeAll} from './named-weights.js';
import {expectWritable, pathIn, syncFolder} from './write-file.js';

/** The usual name of the weights, which people and scripts expect. */
export const PLAIN_NAME = 'weights.bin';

/**
 * Gives the weights of a new model their usual name, once it is free: first as a second name of the same file, which a
 * new model.json then refers to. So at each moment model.json names weights that exist.
 *
 * If others save at the same time, another model has been put in place meanwhile, or the file system has no hard links,
 * the weights keep their current name.
 */
export async function nameWeightsPlainly(folder: string, generation: Generation): Promise<void> {
  try {
    if (await otherMarks(folder, generation.markName)) return;
    await takePlainName(folder, generation);
  } catch {
    return;
  }
  await syncFolder(folder);
  await removeAll(folder, [generation.weightsName]);
}

/** The mark keeps other saves out: a save that sees another one's mark gives up. */
async function takePlainName(folder: string, {weightsName, markName}: Generation): Promise<void> {
  const fs = builtin('node:fs/promises');
  const [model, mark] = [pathIn(folder, 'model.json'), pathIn(folder, markName)];
  const made = [markName];
  try {
    await write(mark, 'wx', '');
    const text = await textOf(model);
    if (!text.includes(weightsName) || (await otherMarks(folder, markName))) throw new Error('overtaken');
    await expectWritable(pathIn(folder, PLAIN_NAME));
    await removeAll(folder, [PLAIN_NAME]);
    await fs.link(pathIn(folder, weightsName), pathIn(folder, PLAIN_NAME));
    made.unshift(PLAIN_NAME); // deleted before the mark, so that the next save can create it
    await write(mark, 'w', text.replace(weightsName, PLAIN_NAME));
    if ((await textOf(model)) !== text) throw new Error('overtaken');
    await fs.rename(mark, model);
  } catch (error) {
    await removeAll(folder, made);
    throw error;
  }
}

async function write(file: string, flags: string, content: string): Promise<void> {
  const handle = await builtin('node:fs/promises').open(file, flags);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
