/** A pruned net that runs as fast as what is left of it: compiled, beside tf.js. */
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {globalRanking, prunable, stripPruning} from 'tfjs-pruning';
import {GradualPruning} from 'tfjs-pruning/callbacks';
import {compile, formatRuntimeReport} from 'tfjs-pruning/runtime';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {compressed} from 'tfjs-pruning/wire';
import {testDigits, trainingDigits, type Digits} from './support/mnist.js';

/** Microseconds a digit, and the share of digits on which both agree. */
export interface Comparison {
  readonly predict: number;
  readonly run: number;
  readonly agreement: number;
}

/** Trains on so many digits, prunes 95 % of the weights, and compares the two. */
export async function main(trainCount = 60_000, testCount = 1000, epochs = 5): Promise<Comparison> {
  await useFastestBackend();
  const [train, test] = [trainingDigits(trainCount), testDigits(testCount)];
  const model = await prunedNet(train, epochs);
  const url = `file://${join(mkdtempSync(join(tmpdir(), 'run-pruned-')), 'digits.tfpr')}`;

  // #region compile
  await model.save(compressed(url, {bits: 8}));
  const fast = await compile(url);
  // #endregion
  const pixels = test.x.dataSync<'float32'>();
  const digit = (i: number) => pixels.subarray(784 * i, 784 * (i + 1));
  const guesses = await timed(testCount, i => largest(fast.run(digit(i))));
  const expected = await timed(testCount, async i => {
    const scores = tf.tidy(() => model.predict(tf.tensor4d(digit(i), [1, 28, 28, 1])) as tf.Tensor);
    const guess = largest(await scores.data<'float32'>());
    scores.dispose();
    return guess;
  });
  const agreement = guesses.results.filter((guess, i) => guess === expected.results[i]).length / testCount;
  console.log(`predict ${expected.each.toFixed(1)} us, run ${guesses.each.toFixed(1)} us a digit`);
  console.log(`the same digit in ${(100 * agreement).toFixed(1)} %`);
  // #region report
  console.log(formatRuntimeReport(fast.report({measure: true})));
  // #endregion
  // #region int8
  const calibration = (await train.x.data<'float32'>()).subarray(0, 784 * 500);
  const small = await compile(url, {precision: 'int8', calibration});
  console.log(formatRuntimeReport(small.report()));
  // #endregion
  small.dispose();
  fast.dispose();
  tf.dispose([train.x, train.y, test.x, test.y]);
  return {predict: expected.each, run: guesses.each, agreement};
}

async function prunedNet({x, y}: Digits, epochs: number): Promise<tf.LayersModel> {
  const dense = (units: number, activation: 'relu' | 'softmax') => tf.layers.dense({units, activation});
  const layers = [tf.layers.flatten({inputShape: [28, 28, 1]}), dense(300, 'relu'), dense(100, 'relu')];
  const model = prunable(tf.sequential({layers: [...layers, dense(10, 'softmax')]}));
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});
  const pruning = new GradualPruning({sparsity: 0.95, allocation: globalRanking()});
  await model.fit(x, y, {epochs, batchSize: 100, verbose: 0, callbacks: [pruning]});
  return stripPruning(model);
}

async function timed(count: number, guess: (i: number) => number | Promise<number>) {
  const results: number[] = [];
  for (let i = 0; i < count; i++) await guess(i); // warm-up
  const start = performance.now();
  for (let i = 0; i < count; i++) results.push(await guess(i));
  return {results, each: (1000 * (performance.now() - start)) / count};
}

function largest(scores: Float32Array): number {
  return scores.indexOf(Math.max(...scores));
}
