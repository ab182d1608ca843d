import {io} from '@tensorflow/tfjs-core';
import {builtin} from './builtin.js';
import {saveFailed} from './failure.js';
import {newGeneration, removeLeftOver, type Generation} from './generations.js';
import {removeAll, replaceableWeights} from './named-weights.js';
import {CHUNK} from './plain-file.js';
import {nameWeightsPlainly, PLAIN_NAME} from './plain-name.js';
import {bytesOf} from './weight-bytes.js';
import {expectWritable, pathIn, syncFolder} from './write-file.js';
import {received} from '../options/expect.js';

const MODEL = 'model.json';

/**
 * Writes a model so that at each moment the folder holds either the old or the new one, whole: the weights go into a
 * new file, one rename replaces model.json, and then the old weights are deleted.
 *
 * @throws TypeError if it is not a model; Error with the reason if it could not be written, with the old model
 *     unchanged.
 */
export async function writeModel(folder: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const pieces = piecesOf(artifacts);
  const generation = newGeneration();
  try {
    await makeFolder(folder);
    const replaced = await putInPlace(folder, generation, artifacts, pieces);
    await syncFolder(folder);
    await removeAll(
      folder,
      replaced.filter(name => name !== PLAIN_NAME),
    );
  } catch (cause) {
    throw saveFailed(folder, cause);
  }
  await removeLeftOver(folder);
  await nameWeightsPlainly(folder, generation);
  return {modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts)};
}

/** The pieces of the weights in memory. */
function piecesOf({modelTopology, weightSpecs = [], weightData = []}: io.ModelArtifacts): readonly Uint8Array[] {
  if (typeof modelTopology !== 'object' || modelTopology instanceof ArrayBuffer) {
    throw new TypeError(`Expected a model with a topology in JSON, got ${received(modelTopology)}`);
  }
  const pieces = [weightData].flat().map(buffer => new Uint8Array(buffer));
  const size = pieces.reduce((sum, {length}) => sum + length, 0);
  const {atLeast, exact} = bytesOf(weightSpecs, 'the model');
  if (exact ? size === atLeast : size >= atLeast) return pieces;
  throw new RangeError(`Expected ${atLeast} bytes of weights, as the model's weightSpecs say, got ${size}`);
}

async function makeFolder(folder: string): Promise<void> {
  const fs = builtin('node:fs/promises');
  await fs.mkdir(folder, {recursive: true});
  for (const name of [MODEL, ...(await replaceableWeights(folder))]) await expectWritable(pathIn(folder, name));
}

/** Replaces model.json; returns the names of weights that are no longer needed. */
async function putInPlace(
  folder: string,
  {weightsName, markName}: Generation,
  artifacts: io.ModelArtifacts,
  pieces: readonly Uint8Array[],
): Promise<readonly string[]> {
  const fs = builtin('node:fs/promises');
  const written = [markName];
  try {
    const mark = await fs.open(pathIn(folder, markName), 'wx');
    try {
      written.push(weightsName);
      const sha256 = await writeWeights(pathIn(folder, weightsName), pieces);
      await mark.writeFile(modelJson(artifacts, {name: weightsName, pieces, sha256}));
      await mark.sync();
    } finally {
      await mark.close();
    }
    const replaced = await replaceableWeights(folder);
    await fs.rename(pathIn(folder, markName), pathIn(folder, MODEL));
    return replaced;
  } catch (error) {
    await removeAll(folder, written);
    throw error;
  }
}

async function writeWeights(file: string, pieces: readonly Uint8Array[]): Promise<string> {
  const hash = builtin('node:crypto').createHash('sha256');
  const handle = await builtin('node:fs/promises').open(file, 'wx');
  try {
    for (const piece of pieces) {
      for (let start = 0; start < piece.length; start += CHUNK) {
        const chunk = piece.subarray(start, start + CHUNK);
        hash.update(chunk);
        await handle.writeFile(chunk);
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

function modelJson(
  {weightData: _, weightSpecs = [], ...rest}: io.ModelArtifacts,
  {name, pieces, sha256}: {name: string; pieces: readonly Uint8Array[]; sha256: string},
): string {
  const size = pieces.reduce((sum, {length}) => sum + length, 0);
  const group = {paths: [`./${name}`], weights: weightSpecs, sizes: [size], sha256: [sha256]};
  return JSON.stringify({...rest, weightsManifest: [group]});
}
