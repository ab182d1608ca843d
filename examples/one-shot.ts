/** Prunes a trained net in one shot, with the sparsity shared out by how sensitive each layer is. */
import {mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  filters,
  formatSensitivity,
  globalRanking,
  plotSensitivity,
  progressBar,
  prunable,
  pruneOnce,
  restoreDense,
  sensitivity,
  sensitivityScan,
  taylor,
  uniform,
} from 'tfjs-pruning';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

const SCANNED = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];
const SPARSITIES = [0.5, 0.7, 0.8, 0.85, 0.9];

async function trained({x, y}: Digits): Promise<tf.Sequential> {
  const seeded = (seed: number) => ({kernelInitializer: tf.initializers.heNormal({seed}), activation: 'relu' as const});
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({name: 'conv1', filters: 16, kernelSize: 5, strides: 2, inputShape: [28, 28, 1], ...seeded(1)}),
      tf.layers.conv2d({name: 'conv2', filters: 32, kernelSize: 3, strides: 2, ...seeded(2)}),
      tf.layers.flatten(),
      tf.layers.dense({name: 'hidden', units: 128, ...seeded(3)}),
      tf.layers.dense({name: 'output', units: 10, ...seeded(4), activation: 'softmax'}),
    ],
  });
  compile(model);
  await model.fit(x, y, {epochs: 3, batchSize: 64, verbose: 0});
  return model;
}

function compile(model: tf.Sequential): void {
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
}

function accuracy(model: tf.Sequential, {x, y}: Digits): number {
  return tf.tidy(() => (model.evaluate(x, y, {batchSize: 500}) as tf.Scalar[])[1]!.dataSync()[0]!);
}

/** Trains on so many digits; returns the accuracies of each allocation, one for each sparsity. */
export async function main(trainCount = 60_000, testCount = 10_000): Promise<Record<string, number[]>> {
  await useFastestBackend();
  const [train, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const model = prunable(await trained(train));
  compile(model);

  // Scan training digits, and keep the test digits for the final figures.
  const some = trainingDigits(Math.min(trainCount, 5000));
  const data = {xs: some.x, ys: some.y};
  // #region long
  const stop = new AbortController(); // stop.abort(), by a button for example, ends the call
  const watched = {onProgress: progressBar(), signal: stop.signal}; // or AbortSignal.timeout(60_000)
  // #endregion
  // #region scan
  const report = await sensitivityScan(model, {data, batchSize: 256, sparsities: SCANNED, ...watched});
  console.log(`\n${formatSensitivity(report, {metric: 'acc'})}\n`);
  const picture = join(mkdtempSync(join(tmpdir(), 'tfjs-pruning-')), 'sensitivity.svg');
  writeFileSync(picture, plotSensitivity(report, {metric: 'acc'}));
  // #endregion
  console.log(`written: ${picture}\n`);

  // #region allocations
  const allocations = {uniform: uniform(), 'global ranking': globalRanking(), sensitivity: sensitivity(report)};
  // #endregion
  const results: Record<string, number[]> = {};
  for (const [name, allocation] of Object.entries(allocations)) {
    results[name] = [];
    for (const sparsity of SPARSITIES) {
      // #region shot
      await pruneOnce(model, {sparsity, allocation, keepDense: true});
      results[name].push(accuracy(model, test));
      await restoreDense(model);
      // #endregion
    }
  }
  console.log(`test accuracy, dense ${percent(accuracy(model, test))}, without any training after the shot:`);
  console.log(['', ...SPARSITIES.map(sparsity => `${100 * sparsity} %`)].map(cell).join(''));
  for (const [name, row] of Object.entries(results)) console.log([name, ...row.map(percent)].map(cell).join(''));

  // #region any
  await pruneOnce(model, {
    sparsity: 0.5, // or `amount`, a count or a fraction of what remains, as in torch.nn.utils.prune
    structure: filters(), // with their biases and batch normalizations
    criterion: taylor(), // takes gradients over `data`, or in `fit` from the training passes
    allocation: globalRanking({normalize: 'mean'}),
    data,
    layers: /conv/,
  });
  // #endregion
  console.log(`half of the filters pruned: ${percent(accuracy(model, test))}`);
  return results;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function cell(text: string, column: number): string {
  return column === 0 ? text.padEnd(16) : text.padStart(10);
}
