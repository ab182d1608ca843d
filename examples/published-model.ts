/** Takes a model that others have trained to a new task, and prunes it: load, freeze, fine-tune, prune, check, ship. */
import {mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {files, formatSparsityReport, globalRanking, prunable, sparsityReport, stripPruning} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const BATCH_SIZE = 64;

/** Test accuracies along the way. */
export interface Stages {
  headOnly: number;
  fineTuned: number;
  pruned: number;
  loaded: number;
  sparsity: number;
}

/** Trains on so many digits; the new task is to tell odd digits from even ones. */
export async function main(trainCount = 12_800, testCount = 10_000): Promise<Stages> {
  await useFastestBackend();
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-'));
  const url = await publish(folder, trainingDigits(trainCount));
  const [train, test] = [parityOf(trainingDigits(trainCount)), parityOf(testDigits(testCount))];

  // #region load
  const published = await tf.loadLayersModel(url); // an https:// URL works the same way
  const features = published.getLayer('features').output as tf.SymbolicTensor;
  const head = tf.layers.dense({name: 'head', units: 2, activation: 'softmax'});
  const model = tf.model({inputs: published.inputs, outputs: head.apply(features) as tf.SymbolicTensor});
  // #endregion

  // #region head
  const body = model.layers.filter(layer => layer.name !== 'head');
  for (const layer of body) layer.trainable = false;
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await model.fit(train.x, train.y, {epochs: 2, batchSize: BATCH_SIZE, verbose: 0});
  // #endregion
  const headOnly = accuracy(model, test);

  // #region fine-tune
  for (const layer of body) layer.trainable = true;
  model.compile({optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  await model.fit(train.x, train.y, {epochs: 2, batchSize: BATCH_SIZE, verbose: 0});
  // #endregion
  const fineTuned = accuracy(model, test);

  // #region prune
  const pruned = prunable(model);
  pruned.compile({optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  // with a global ranking, layers that matter more keep more
  const pruning = new GradualPruning({sparsity: 0.8, allocation: globalRanking()});
  await pruned.fit(train.x, train.y, {
    epochs: 3,
    batchSize: BATCH_SIZE,
    verbose: 0,
    callbacks: [pruning, new SparsityLogger()],
  });
  // #endregion

  // #region check
  const report = await sparsityReport(pruned);
  console.log(formatSparsityReport(report));
  const compiled = stripPruning(pruned);
  compiled.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const accuracies = {dense: accuracy(model, test), pruned: accuracy(compiled, test)};
  // #endregion

  // #region ship
  await stripPruning(pruned).save(files(join(folder, 'shipped')));
  const loaded = await tf.loadLayersModel(files(join(folder, 'shipped'))); // needs no tfjs-pruning
  // #endregion
  await model.save(files(join(folder, 'dense')));
  for (const [name, value] of Object.entries({'head only': headOnly, 'fine-tuned': fineTuned, ...accuracies}))
    console.log(`${name.padEnd(12)} test accuracy ${(100 * value).toFixed(2)} %`);
  console.log(`dense ${kilobytes(join(folder, 'dense'))} kB, shipped ${kilobytes(join(folder, 'shipped'))} kB gzipped`);
  loaded.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const result = {headOnly, fineTuned, pruned: accuracies.pruned, loaded: accuracy(loaded, test)};
  return {...result, sparsity: report.total.sparsity};
}

/** What others have trained: tells ten digits apart. */
async function publish(folder: string, {x, y}: Digits): Promise<string> {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.heNormal({seed}), useBias: false});
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv1', filters: 8, kernelSize: 5, strides: 2, inputShape: [28, 28, 1], ...seeded(1)}),
      tf.layers.batchNormalization({name: 'norm1', momentum: 0.9}),
      tf.layers.reLU(),
      tf.layers.conv2d({name: 'conv2', filters: 16, kernelSize: 3, strides: 2, ...seeded(2)}),
      tf.layers.batchNormalization({name: 'norm2', momentum: 0.9}),
      tf.layers.reLU(),
      tf.layers.flatten({name: 'flatten'}),
      tf.layers.dense({name: 'features', units: 64, activation: 'relu'}),
      tf.layers.dense({name: 'predictions', units: 10, activation: 'softmax'}),
    ],
  });
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  await model.fit(x, y, {epochs: 1, batchSize: BATCH_SIZE, verbose: 0});
  await model.save(files(join(folder, 'published')));
  return `file://${join(folder, 'published', 'model.json')}`;
}

/** The same images, with the labels `even` and `odd`. */
function parityOf({x, y}: Digits): Digits {
  const isOdd = tf.tidy(() => tf.mod(tf.argMax(y, 1), 2).toInt());
  return {x, y: tf.oneHot(isOdd, 2) as tf.Tensor2D};
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => (model.evaluate(x, y, {batchSize: 500}) as tf.Scalar[])[1]!.dataSync()[0]!);
}

function kilobytes(folder: string): number {
  const bytes = ['model.json', 'weights.bin'].map(file => gzipSync(readFileSync(join(folder, file))).length);
  return Math.round((bytes[0]! + bytes[1]!) / 1000);
}
