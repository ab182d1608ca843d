import * as tf from '@tensorflow/tfjs';
import {
  formatSparsityReport,
  GradualPruning,
  prunable,
  sparsityReport,
  SparsityLogger,
  stripPruning,
} from 'tfjs-pruning';

const log = line => document.getElementById('log').append(`${line}\n`);

// 2048 examples of 32 numbers. The label says whether the first 8 add up to more than 0.
const x = tf.randomNormal([2048, 32]);
const y = tf.cast(tf.greater(tf.sum(tf.slice(x, [0, 0], [-1, 8]), 1, true), 0), 'float32');

const hidden = tf.layers.dense({name: 'hidden', units: 64, activation: 'relu', inputShape: [32]});
const output = tf.layers.dense({name: 'output', units: 1, activation: 'sigmoid'});
const model = prunable(tf.sequential({layers: [hidden, output]})); // the same model, with masks
model.compile({optimizer: tf.train.adam(0.01), loss: 'binaryCrossentropy', metrics: ['accuracy']});

// prunes from a tenth of the training to two thirds of it; the rest recovers accuracy
const pruning = new GradualPruning({sparsity: 0.9});
await model.fit(x, y, {epochs: 15, batchSize: 64, verbose: 0, callbacks: [pruning, new SparsityLogger({print: log})]});

log(formatSparsityReport(await sparsityReport(model)));
// #region save
await stripPruning(model).save('indexeddb://pruned'); // a plain tf.js model; 'downloads://pruned' downloads it
// #endregion
log('saved');
