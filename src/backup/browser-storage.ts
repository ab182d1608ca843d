import * as tf from '@tensorflow/tfjs-core';
import type {Place} from './backup.js';

const PREFIX = 'tfjs-pruning_backups/';
/** `fromCharCode` takes its bytes as arguments, whose number is limited. */
const CHUNK = 1 << 13;

/**
 * A place in the local storage of a page, which holds a few megabytes. It uses one key; the handler of tf.js uses five
 * and removes all of them if one does not fit, so that a full storage would lose the old backup.
 */
export function browserStorage(path: string): Omit<Place, 'name'> {
  const key = PREFIX + path;
  return {
    load: () => Promise.resolve(read(storage().getItem(key))),
    save: artifacts => {
      storage().setItem(key, written(artifacts));
      return Promise.resolve();
    },
    remove: () => {
      storage().removeItem(key);
      return Promise.resolve();
    },
  };
}

function storage(): Storage {
  const {localStorage} = globalThis as {localStorage?: Storage};
  if (localStorage) return localStorage;
  throw new TypeError('There is no local storage here; localstorage:// URLs are for pages in a browser');
}

function written({weightData, ...json}: tf.io.ModelArtifacts): string {
  const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData ?? []));
  const chunks: string[] = [];
  for (let i = 0; i < bytes.length; i += CHUNK) chunks.push(String.fromCharCode(...bytes.subarray(i, i + CHUNK)));
  return JSON.stringify({...json, weights: btoa(chunks.join(''))});
}

function read(text: string | null): tf.io.ModelArtifacts | undefined {
  if (text === null) return undefined;
  const {weights, ...json} = JSON.parse(text) as tf.io.ModelArtifacts & {weights: string};
  return {...json, weightData: Uint8Array.from(atob(weights), letter => letter.charCodeAt(0)).buffer};
}
