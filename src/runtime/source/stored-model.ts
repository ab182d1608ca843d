import {arrivingFile} from '../../wire/format/read-model-file.js';
import {isCompressed, SIGNATURE} from '../../wire/format/signature.js';
import {joined} from './joined.js';
import {load} from './load.js';
import {SparseRows} from '../graph/sparse-rows.js';
import {WeightOfFile} from './weight-of-file.js';
import {complete, type ModelSource} from './model-source.js';
import {sourceOf} from './source-of.js';

/**
 * Reads a model from a URL: the model.json of tf.js and the files that it names, or a file of `compressed`, whose
 * kernels may still be to come.
 */
export async function sourceOfUrl(target: string | URL): Promise<ModelSource> {
  const url = await fileIn(absolute(String(target)));
  const pieces = await load(url);
  const first = await firstBytes(pieces, SIGNATURE.length);
  const all = startingWith(first, pieces);
  if (!isCompressed(first)) return (await import('./model-json.js')).sourceOfModelJson(url, all);
  const files = arrivingFile(all, (rows, columns) => new SparseRows(rows, columns, new Int16Array(0)));
  const {model, weights} = (await files.next()).value!;
  const more = async () => !(await files.next()).done;
  try {
    const named = new Map(weights.map(each => [each.weight.name, new WeightOfFile(each)]));
    return {...sourceOf(model['modelTopology'], named), more};
  } catch (error) {
    await complete({more});
    throw error;
  }
}

/** In a page, URLs may be relative to its own. */
function absolute(url: string): string {
  const {location} = globalThis as {location?: {href: string}};
  return location && !/^[a-z][\w+.-]*:/i.test(url) ? new URL(url, location.href).href : url;
}

/** The model.json of a folder; anything else is the file itself. */
async function fileIn(url: string): Promise<string> {
  if (!url.toLowerCase().startsWith('file:')) return url;
  const [{pathsOf}, {statusOf}] = await Promise.all([
    import('../../files/place.js'),
    import('../../files/plain-file.js'),
  ]);
  const status = await statusOf(pathsOf(url)[0]);
  return status?.isDirectory() ? `${url.replace(/\/$/, '')}/model.json` : url;
}

/** The first pieces as one: at least so many bytes, or all that there are. */
async function firstBytes(pieces: AsyncGenerator<Uint8Array, undefined>, least: number): Promise<Uint8Array> {
  let first: Uint8Array = new Uint8Array();
  while (first.length < least) {
    const {value} = await pieces.next();
    if (!value) return first;
    first = joined([first, value]);
  }
  return first;
}

async function* startingWith(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
