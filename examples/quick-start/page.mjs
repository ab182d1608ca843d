import * as tf from '@tensorflow/tfjs';
import {GradualPruning, polynomialDecay, prunable, SparsityLogger, stripPruning} from 'tfjs-pruning';
import {formatSparsityReport, sparsityReport} from 'tfjs-pruning';

// #region log
const log = line => document.getElementById('log').append(`${line}\n`);
// #endregion

// 2048 examples of 32 numbers. The label says whether the first 8 add up to more than 0.
const x = tf.randomNormal([2048, 32]);
const y = tf.cast(tf.greater(tf.sum(tf.slice(x, [0, 0], [-1, 8]), 1, true), 0), 'float32');

const hidden = tf.layers.dense({name: 'hidden', units: 64, activation: 'relu', inputShape: [32]});
const output = tf.layers.dense({name: 'output', units: 1, activation: 'sigmoid'});
const model = prunable(tf.sequential({layers: [hidden, output]})); // the same model, with masks
model.compile({optimizer: tf.train.adam(0.01), loss: 'binaryCrossentropy', metrics: ['accuracy']});

const [epochs, batchSize] = [15, 64];
const steps = epochs * (2048 / batchSize); // prune from a tenth to two thirds of them; the rest recovers
const schedule = polynomialDecay({
  finalSparsity: 0.9,
  beginStep: Math.round(steps / 10),
  endStep: Math.round((2 * steps) / 3),
  frequency: 10,
});
await model.fit(x, y, {
  epochs,
  batchSize,
  verbose: 0,
  callbacks: [new GradualPruning({schedule}), new SparsityLogger({print: log})],
});

log(formatSparsityReport(await sparsityReport(model)));
// #region save
await stripPruning(model).save('indexeddb://pruned'); // a plain tf.js model; 'downloads://pruned' downloads it
// #endregion
log('saved');
