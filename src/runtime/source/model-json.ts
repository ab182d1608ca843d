import {joined} from './joined.js';
import {readWeights, type WeightSpec} from './artifacts.js';
import type {ModelSource} from './model-source.js';
import {sourceOf} from './source-of.js';
import {load} from './load.js';

/** A model.json of tf.js. */
interface ModelJson {
  readonly modelTopology?: object;
  readonly weightsManifest?: readonly {readonly paths: readonly string[]; readonly weights: readonly WeightSpec[]}[];
}

/** Reads the model.json of tf.js that has come from a URL, and the files that it names. */
export async function sourceOfModelJson(url: string, pieces: AsyncIterable<Uint8Array>): Promise<ModelSource> {
  const text = new TextDecoder().decode(await bytesOf(pieces));
  const {modelTopology, weightsManifest = []} = parsed(url, text);
  const groups = weightsManifest.map(async ({paths, weights}) => {
    const files = await Promise.all(paths.map(async path => bytesOf(await load(beside(url, path)))));
    return [...readWeights(weights, joined(files))];
  });
  return sourceOf(modelTopology, new Map((await Promise.all(groups)).flat()));
}

/** A file in the same folder; what is asked for behind a question mark is asked for with it, too. */
function beside(url: string, path: string): string {
  const [, folder = '', query = ''] = /^(.*\/)[^/?]*(\?.*)?$/s.exec(url) ?? [];
  return `${folder}${path}${query}`;
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return joined(all);
}

function parsed(url: string, text: string): ModelJson {
  try {
    return Object(JSON.parse(text)) as ModelJson;
  } catch (cause) {
    throw new TypeError(`Expected ${url} to be a file of \`compressed\` or a model.json, and it is neither`, {cause});
  }
}
