import {readModelStream} from '../../wire/format/read-model-file.js';
import {isCompressed, SIGNATURE} from '../../wire/format/signature.js';
import {piecesOf} from '../../wire/places/pieces.js';
import {httpBytes} from '../../wire/places/http.js';
import {joined, readWeights, sourceOf, sourceOfModelFile, type WeightSpec} from './artifacts.js';
import type {ModelSource} from './model-source.js';

/** A model.json of tf.js. */
interface ModelJson {
  readonly modelTopology?: object;
  readonly weightsManifest?: readonly {readonly paths: readonly string[]; readonly weights: readonly WeightSpec[]}[];
}

/**
 * Reads a model from a URL: a file of `compressed`, decoded while it arrives, or the model.json of tf.js and the files
 * that it names.
 */
export async function sourceOfUrl(target: string | URL): Promise<ModelSource> {
  const url = await fileIn(absolute(String(target)));
  const pieces = await load(url);
  const first = await firstBytes(pieces, SIGNATURE.length);
  const all = startingWith(first, pieces);
  if (isCompressed(first)) return sourceOfModelFile(await readModelStream(all));
  const text = new TextDecoder().decode(await bytesOf(all));
  const {modelTopology, weightsManifest = []} = parsed(url, text);
  const groups = weightsManifest.map(async ({paths, weights}) => {
    const files = await Promise.all(paths.map(async path => bytesOf(await load(beside(url, path)))));
    return [...readWeights(weights, joined(files))];
  });
  return sourceOf(modelTopology, new Map((await Promise.all(groups)).flat()));
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

/** A file in the same folder; what is asked for behind a question mark is asked for with it, too. */
function beside(url: string, path: string): string {
  const [, folder = '', query = ''] = /^(.*\/)[^/?]*(\?.*)?$/s.exec(url) ?? [];
  return `${folder}${path}${query}`;
}

/** Pages, which load from servers, do without the code for other places. */
async function load(url: string): Promise<AsyncGenerator<Uint8Array, undefined>> {
  if (/^https?:/i.test(url)) return piecesOf(await httpBytes(url).load());
  const {placeOf} = await import('../../wire/places/place.js');
  return piecesOf(await placeOf('compile', url).load!());
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
