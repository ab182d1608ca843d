/** Trains a convolutional net on MNIST, dense and pruned to 90 %; then saves both, and the sparse one compressed. */
import {mkdtempSync, readFileSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {formatSparsityReport, prunable, sparsityReport, stripPruning} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {compressed} from 'tfjs-pruning/wire';
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

/** A saved model: what it computes once it is loaded, and what of it is sent. */
interface Sent {
  readonly model: tf.LayersModel;
  readonly kilobytes: number;
  readonly place: string;
}

async function saved(model: tf.Sequential, folder: string, name: string): Promise<Sent> {
  const place = `file://${join(folder, name)}`;
  await model.save(place);
  const files = ['model.json', 'weights.bin'].map(file => gzipSync(readFileSync(join(folder, name, file))).length);
  return {model: await tf.loadLayersModel(`${place}/model.json`), kilobytes: (files[0]! + files[1]!) / 1000, place};
}

async function savedCompressed(model: tf.Sequential, folder: string): Promise<Sent> {
  const place = `file://${join(folder, 'sparse.tfpr')}`;
  // #region compressed
  const file = compressed(place, {bits: 4, others: 'float16'});
  await model.save(file);
  const loaded = await tf.loadLayersModel(file);
  // #endregion
  return {model: loaded, kilobytes: statSync(join(folder, 'sparse.tfpr')).size / 1000, place};
}

/** The accuracies of the models and the sizes of their files. */
export type Results = Record<'dense' | 'sparse' | 'compressed', {accuracy: number; kilobytes: number}>;

/** Trains on all digits by default. */
export async function main(trainCount = 60_000, testCount = 10_000): Promise<Results> {
  console.log(`backend: ${await useFastestBackend()}`);
  const [train60k, test10k] = [trainingDigits(trainCount), testDigits(testCount)];

  console.log(`\nthe dense net, ${EPOCHS} epochs`);
  const dense = convolutionalNet();
  await train(dense, train60k, [new SparsityLogger()]);

  console.log('\nthe same net with the same initial weights, pruned to 90 % during training');
  // #region prune
  const pruned = prunable(convolutionalNet());
  await train(pruned, train60k, [new GradualPruning({sparsity: 0.9}), new SparsityLogger()]);
  // #endregion
  console.log(`\n${formatSparsityReport(await sparsityReport(pruned, {bits: 4}))}\n`);

  const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-'));
  const sent = {
    dense: await saved(dense, folder, 'dense'),
    sparse: await saved(stripPruning(pruned), folder, 'sparse'),
    compressed: await savedCompressed(pruned, folder),
  };
  const results: Partial<Results> = {};
  for (const [name, {model, kilobytes, place}] of Object.entries(sent)) {
    const result = {accuracy: accuracy(model, test10k), kilobytes};
    results[name as keyof Results] = result;
    const percent = (100 * result.accuracy).toFixed(2);
    const unit = name === 'compressed' ? 'kB' : 'kB gzipped';
    console.log(`${name.padEnd(10)}  test accuracy ${percent} %  ${kilobytes.toFixed(1)} ${unit}  ${place}`);
  }
  return results as Results;
}
