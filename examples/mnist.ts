/** Trains a convolutional net on MNIST, dense and pruned to 90 %; then strips, saves and loads the sparse one. */
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {formatSparsityReport, prunable, sparsityReport, stripPruning} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const EPOCHS = 6;
const BATCH_SIZE = 64;

function convolutionalNet(): tf.Sequential {
  const seeded = () => ({kernelInitializer: tf.initializers.heNormal({seed: 1}), activation: 'relu' as const});
  return tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv1', filters: 16, kernelSize: 5, strides: 2, inputShape: [28, 28, 1], ...seeded()}),
      tf.layers.conv2d({name: 'conv2', filters: 32, kernelSize: 3, strides: 2, ...seeded()}),
      tf.layers.flatten({name: 'flatten'}),
      tf.layers.dense({name: 'hidden', units: 256, ...seeded()}),
      tf.layers.dense({name: 'output', units: 10, ...seeded(), activation: 'softmax'}),
    ],
  });
}

async function train(model: tf.Sequential, {x, y}: Digits, callbacks: tf.Callback[]): Promise<void> {
  model.compile({optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await model.fit(x, y, {epochs: EPOCHS, batchSize: BATCH_SIZE, verbose: 0, callbacks});
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => {
    const hits = tf.equal(tf.argMax(model.predict(x, {batchSize: 500}) as tf.Tensor, -1), tf.argMax(y, -1));
    return tf.mean(hits).dataSync()[0]!;
  });
}

async function save(model: tf.Sequential, name: string): Promise<{url: string; gzippedKilobytes: number}> {
  const folder = join(mkdtempSync(join(tmpdir(), 'tfjs-pruning-')), name);
  await model.save(`file://${folder}`);
  const bytes = ['model.json', 'weights.bin'].map(file => gzipSync(readFileSync(join(folder, file))).length);
  return {url: `file://${folder}/model.json`, gzippedKilobytes: Math.round((bytes[0]! + bytes[1]!) / 1000)};
}

/** Trains on all digits by default. */
export async function main(trainCount = 60_000, testCount = 10_000): Promise<{dense: number; sparse: number}> {
  console.log(`backend: ${await useFastestBackend()}`);
  const [train60k, test10k] = [trainingDigits(trainCount), testDigits(testCount)];

  console.log(`\nthe dense net, ${EPOCHS} epochs`);
  const dense = convolutionalNet();
  await train(dense, train60k, [new SparsityLogger()]);

  console.log('\nthe same net with the same initial weights, pruned to 90 % during training');
  const pruned = prunable(convolutionalNet());
  await train(pruned, train60k, [new GradualPruning({sparsity: 0.9}), new SparsityLogger()]);
  console.log(`\n${formatSparsityReport(await sparsityReport(pruned))}\n`);

  const [denseFile, sparseFile] = [await save(dense, 'dense'), await save(stripPruning(pruned), 'sparse')];
  const loaded = (await tf.loadLayersModel(sparseFile.url)) as tf.Sequential;
  const result = {dense: accuracy(dense, test10k), sparse: accuracy(loaded, test10k)};
  for (const [name, {url, gzippedKilobytes}] of Object.entries({dense: denseFile, sparse: sparseFile})) {
    const percent = (100 * result[name as keyof typeof result]).toFixed(2);
    console.log(`${name.padEnd(6)}  test accuracy ${percent} %  ${gzippedKilobytes} kB gzipped  ${url}`);
  }
  return result;
}
