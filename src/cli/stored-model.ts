import {readFile, stat} from 'node:fs/promises';
import {io} from '@tensorflow/tfjs-core';
import {files} from '../files/files.js';
import type {CheckedGroup} from '../files/manifest.js';
import {parseModel} from '../files/model-json.js';
import {pathsOf} from '../files/place.js';
import {compressed} from '../wire/compressed.js';
import {isCompressed} from '../wire/format/signature.js';
import {UsageError} from './exit-codes.js';

/** A model as it is stored. */
export interface StoredModel {
  readonly artifacts: io.ModelArtifacts;
  readonly isCompressed: boolean;
  /** The bytes of its files, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Reads a model: a folder, its model.json, a compressed file, or the http(s) URL of one of the latter two. */
export async function storedModel(place: string): Promise<StoredModel> {
  if (/^https?:\/\//i.test(place)) return fetchedModel(place);
  for (const path of pathsOf(place)) {
    const bytes = await plainFile(path);
    if (bytes && isCompressed(bytes)) return compressedModel(bytes);
  }
  return plainModel(await files(place).load());
}

/** @throws UsageError if nothing is there, or it is no model; Error if the server can't be reached, or fails. */
async function fetchedModel(url: string): Promise<StoredModel> {
  const bytes = await bytesAt(url);
  if (isCompressed(bytes)) return compressedModel(bytes);
  const {json, groups} = parseModel(url, new TextDecoder().decode(bytes));
  const specs = groups.flatMap(({weights}) => weights);
  return plainModel(await io.getModelArtifactsForJSON(json, async () => [specs, await fetchedWeights(url, groups)]));
}

/** Weights are beside model.json, with the same query. */
async function fetchedWeights(url: string, groups: readonly CheckedGroup[]): Promise<ArrayBuffer> {
  const [, folder = '', query = ''] = /^([^?]*\/)[^?]*(\?.*)?$/.exec(url) ?? [];
  const paths = groups.flatMap(group => group.paths);
  const parts = await Promise.all(paths.map(path => bytesAt(folder + path + query)));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const expected = groups.reduce((sum, {bytes: {atLeast}}) => sum + atLeast, 0);
  if (length >= expected) return io.CompositeArrayBuffer.join(parts.map(part => part.buffer));
  throw new UsageError(`Expected the weights of ${url} to have ${expected} bytes, got ${length}; they are truncated`);
}

async function bytesAt(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await responseOf(url)).arrayBuffer());
}

async function responseOf(url: string): Promise<Response> {
  const response = await fetch(url).catch((error: unknown) => {
    const {cause = error} = Object(error) as Error;
    throw new Error(`${url} can't be fetched: ${(cause as Error).message || String(cause)}`, {cause});
  });
  if (response.ok) return response;
  const answer = `Expected ${url} to answer with a file of a model, got ${response.status} ${response.statusText}`;
  if (response.status < 500) throw new UsageError(answer.trimEnd());
  throw new Error(answer.trimEnd(), {cause: {code: response.status}});
}

/** The bytes of a file; undefined if there is none. */
async function plainFile(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() ? new Uint8Array(await readFile(path)) : undefined;
}

async function compressedModel(bytes: Uint8Array<ArrayBuffer>): Promise<StoredModel> {
  return {artifacts: await compressed({load: () => bytes}).load!(), isCompressed: true, bytes};
}

/** The topology is counted as tf.js writes it, without what else is in model.json. */
function plainModel(artifacts: io.ModelArtifacts): StoredModel {
  const topology = new TextEncoder().encode(JSON.stringify({...artifacts, weightData: undefined}));
  const bytes = io.CompositeArrayBuffer.join([topology.buffer, weightsIn(artifacts).buffer]);
  return {artifacts, isCompressed: false, bytes: new Uint8Array(bytes)};
}

function weightsIn({weightData = []}: io.ModelArtifacts): Uint8Array<ArrayBuffer> {
  return new Uint8Array(io.CompositeArrayBuffer.join(weightData));
}
