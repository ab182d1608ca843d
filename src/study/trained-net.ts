import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {setTimeout as wait} from 'node:timers/promises';
import * as tfl from '@tensorflow/tfjs-layers';
import omit from 'lodash/omit.js';
import {files} from '../files/files.js';
import type {Json} from './json.js';
import {Lease} from './lease.js';
import type {StudyData} from './parts.js';
import {hashOf, type Run} from './run.js';
import {withSeededRandom} from './seeded-random.js';
import {compiled, trainPart} from './train-part.js';

/** A trained dense net, and the seconds that its training took. */
export interface TrainedNet {
  readonly model: tfl.LayersModel;
  readonly seconds: number;
}

/** How long to wait before looking again whether another process has trained the net. */
const LOOK_MS = 500;

/**
 * The dense net of a run, trained: all methods that prune a trained net share it, so that none of them starts from a
 * better one. It is kept in the folder of the study. One process trains it; others wait.
 */
export async function trainedNet(
  run: Run,
  make: () => tfl.LayersModel,
  data: StudyData,
  folder: string,
  onEpoch: () => void,
): Promise<TrainedNet> {
  const recipe = omit(run.train, ['tuneEpochs', 'tuneLearningRate']);
  const {data: set, net, seed, versions} = run;
  const id = hashOf({set, net, seed, versions, recipe} as unknown as Json);
  const place = `${folder}/trained/${id}`;
  for (;;) {
    const lease = await Lease.take(folder, id);
    try {
      const known = await saved(place);
      if (known) return known;
      // What it draws is its own: it must not depend on which of its runs comes first.
      if (lease) return await withSeededRandom(id, () => trained(run, make(), data, place, onEpoch));
    } finally {
      await lease?.release();
    }
    await wait(LOOK_MS);
  }
}

async function trained(
  {train: recipe, seed}: Run,
  net: tfl.LayersModel,
  data: StudyData,
  place: string,
  onEpoch: () => void,
): Promise<TrainedNet> {
  const model = compiled(net, recipe);
  const part = {recipe, first: 0, epochs: recipe.epochs, data: data.train, seed, callbacks: []};
  const seconds = await trainPart({...part, model, backup: `${place}-backup`, onEpoch});
  await mkdir(place, {recursive: true});
  await writeFile(`${place}/seconds.json`, JSON.stringify(seconds));
  await model.save(files(place));
  return {model, seconds};
}

async function saved(place: string): Promise<TrainedNet | undefined> {
  try {
    const seconds = JSON.parse(await readFile(`${place}/seconds.json`, 'utf8')) as number;
    return {model: await tfl.loadLayersModel(files(place)), seconds};
  } catch (error) {
    const {code, cause} = error as NodeJS.ErrnoException;
    if ([code, (cause as NodeJS.ErrnoException | undefined)?.code].includes('ENOENT')) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${place}/seconds.json is no JSON; delete the folder, and the net is trained again`, {
      cause: error,
    });
  }
}
