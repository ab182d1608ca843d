/** The same pruned net in files of different kinds: how large they are, and what is left of the accuracy. */
import {mkdtempSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import {globalRanking, prunable, stripPruning} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {compressed, quantized} from 'tfjs-pruning/wire';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** A file: its bytes as they are sent, gzipped if that makes them fewer, and the accuracy of what is loaded from it. */
export interface SentModel {
  readonly bytes: number;
  readonly accuracy: number;
}

/** Trains on so many digits, and returns each kind of file. */
export async function main(trainCount = 60_000, testCount = 10_000, epochs = 10): Promise<Record<string, SentModel>> {
  await useFastestBackend();
  const [train, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const pruned = await prunedNet(train, epochs);
  const folder = mkdtempSync(join(tmpdir(), 'small-files-'));
  const results: Record<string, SentModel> = {};
  const note = (kind: string, file: string, model: tf.LayersModel) => {
    const {bytes, accuracy: share} = {bytes: sentBytes(join(folder, file)), accuracy: accuracy(model, test)};
    results[kind] = {bytes, accuracy: share};
    const percent = (100 * share).toFixed(2).padStart(8);
    console.log(`${kind.padEnd(24)}${bytes.toLocaleString('en-US').padStart(9)} bytes${percent} %`);
    model.dispose();
  };
  const url = (file: string) => `file://${join(folder, file)}`;

  await pruned.save(url('float32'));
  note('as tf.js saves it', 'float32', await tf.loadLayersModel(url('float32/model.json')));
  // #region quantized
  await pruned.save(quantized(url('uint8')));
  const stock = await tf.loadLayersModel(url('uint8/model.json'));
  // #endregion
  note('quantized, uint8', 'uint8', stock);
  await pruned.save(compressed(url('stock'), {stock: true, bits: 4, others: 'float16'}));
  note('stock, 4 bits', 'stock', await tf.loadLayersModel(url('stock/model.json')));
  for (const bits of [8, 5, 4]) {
    // #region compressed
    const file = compressed(url(`${bits}-bits.tfpr`), {bits, others: 'float16'});
    await pruned.save(file);
    const loaded = await tf.loadLayersModel(file);
    // #endregion
    note(`compressed, ${bits} bits`, `${bits}-bits.tfpr`, loaded);
  }
  tf.dispose([train.x, train.y, test.x, test.y]);
  return results;
}

async function prunedNet({x, y}: Digits, epochs: number): Promise<tf.LayersModel> {
  const dense = (units: number, seed: number) =>
    tf.layers.dense({units, activation: 'relu', kernelInitializer: tf.initializers.heNormal({seed})});
  const output = tf.layers.dense({
    units: 10,
    activation: 'softmax',
    kernelInitializer: tf.initializers.heNormal({seed: 3}),
  });
  const layers = [tf.layers.flatten({inputShape: [28, 28, 1]}), dense(300, 1), dense(100, 2), output];
  const model = prunable(tf.sequential({layers}));
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  const pruning = new GradualPruning({sparsity: 0.95, allocation: globalRanking()});
  await model.fit(x, y, {epochs, batchSize: 100, verbose: 0, callbacks: [pruning]});
  return stripPruning(model);
}

/** The bytes of a file, or of all files of a folder, each gzipped if that makes it smaller. */
function sentBytes(path: string): number {
  if (statSync(path).isDirectory())
    return readdirSync(path).reduce((sum, file) => sum + sentBytes(join(path, file)), 0);
  const bytes = readFileSync(path);
  return Math.min(bytes.length, gzipSync(bytes, {level: 9}).length);
}

function accuracy(model: tf.LayersModel, {x, y}: Digits): number {
  return tf.tidy(() => {
    const guesses = tf.argMax(model.predict(x, {batchSize: 500}) as tf.Tensor, -1);
    return tf.mean(tf.equal(guesses, tf.argMax(y, -1))).dataSync()[0]!;
  });
}
