/**
 * What a page does with the library, once in the page itself and once in a worker: starts the backends that tf.js has
 * there, and trains on each.
 */
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-webgl';
import {GradualPruning, oneShot, prunable, sparsityReport, stripPruning} from 'tfjs-pruning';
import {startWasm, useFastestBackend} from 'tfjs-pruning/wasm';
import {train} from './training.js';

/** What is said on the console, by tf.js too. */
const said = [];
const print = console.warn;
console.warn = (...words) => {
  said.push(words.join(' '));
  print(...words);
};

export async function job() {
  // tf.js starts at most as many threads as half of the cores, and is told here of enough.
  Object.defineProperty(navigator, 'hardwareConcurrency', {value: 4});
  const started = await startWasm({paths: '/wasm/', threads: 2});
  const fastest = await useFastestBackend();
  const onWasm = await train();
  if (!(await tf.setBackend('webgl'))) throw new Error('webgl did not start');
  return {started, fastest, onWasm, onWebgl: await pruneDense(), said};
}

/** Less than `train`: without a GPU the shaders of each operation take long to compile. */
async function pruneDense() {
  const dense = layers.dense({
    units: 2,
    inputShape: [2],
    useBias: false,
    weights: [
      tf.tensor2d([
        [3, 0.1],
        [0.2, 2],
      ]),
    ],
  });
  const model = prunable(sequential({layers: [dense]}));
  model.compile({optimizer: tf.train.sgd(0), loss: 'meanSquaredError'});
  const callbacks = [new GradualPruning({schedule: oneShot({targetSparsity: 0.5})})];
  await model.fit(tf.ones([4, 2]), tf.ones([4, 2]), {batchSize: 2, verbose: 0, callbacks});
  const {sparsity} = (await sparsityReport(model)).total;
  return {
    sparsity,
    outputs: Array.from(
      await stripPruning(model)
        .predict(tf.ones([1, 2]))
        .data(),
    ),
  };
}
