/** A small trained net, and digits to test it on, for the command `npx tfjs-pruning`. */
import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits} from './support/mnist.js';
import {npyOf} from './support/npy.js';

/** Trains on so many digits, and saves the net and the test digits. Returns the folder that they are in. */
export async function main(trainCount = 6000, testCount = 500): Promise<string> {
  await useFastestBackend();
  const folder = mkdtempSync(join(tmpdir(), 'command-'));
  const [train, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const model = lenet();
  model.compile({optimizer: tf.train.adam(0.003), loss: 'categoricalCrossentropy'});
  await model.fit(train.x, train.y, {epochs: 3, batchSize: 50, shuffle: false, verbose: 0});
  await model.save(`file://${join(folder, 'lenet')}`);
  writeFileSync(join(folder, 'digits.npy'), npyOf(test.x));
  writeFileSync(join(folder, 'labels.npy'), npyOf(test.y));
  tf.dispose([train.x, train.y, test.x, test.y]);
  model.dispose();
  console.log(`lenet/, digits.npy and labels.npy are in ${folder}`);
  return folder;
}

function lenet(): tf.Sequential {
  const kernelInitializer = (seed: number) => tf.initializers.heNormal({seed});
  const conv = (name: string, filters: number, seed: number, more = {}) =>
    tf.layers.conv2d({
      ...{name, filters, kernelSize: 5, activation: 'relu', kernelInitializer: kernelInitializer(seed)},
      ...more,
    });
  const dense = (name: string, units: number, seed: number, activation: 'relu' | 'softmax') =>
    tf.layers.dense({name, units, activation, kernelInitializer: kernelInitializer(seed)});
  return tf.sequential({
    name: 'lenet',
    layers: [
      conv('conv1', 8, 1, {inputShape: [28, 28, 1]}),
      tf.layers.maxPooling2d({name: 'pool1', poolSize: 2}),
      conv('conv2', 16, 2),
      tf.layers.maxPooling2d({name: 'pool2', poolSize: 2}),
      tf.layers.flatten({name: 'flatten'}),
      dense('hidden', 64, 3, 'relu'),
      dense('output', 10, 4, 'softmax'),
    ],
  });
}
