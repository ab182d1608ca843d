/** Wraps a single layer while building a model: only the large hidden layer is pruned, in one shot. */
import * as tf from '@tensorflow/tfjs';
import {formatSparsityReport, PrunableDense, sparsityReport, type SparsityReport} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {oneShot} from 'tfjs-pruning/schedules';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {trainingDigits} from './support/mnist.js';

const BATCH_SIZE = 64;

/** Trains on so many digits. */
export async function main(count = 12_800): Promise<SparsityReport> {
  await useFastestBackend();
  // #region wrap
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({inputShape: [28, 28, 1]}),
      new PrunableDense({layer: tf.layers.dense({name: 'hidden', units: 300, activation: 'relu'})}),
      tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
    ],
  });
  // #endregion
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});

  // #region schedule
  // dense for the first epoch; then prune 80 % of the hidden layer at once and fine-tune the rest
  const schedule = oneShot({targetSparsity: 0.8, beginStep: Math.ceil(count / BATCH_SIZE)});
  // #endregion
  const {x, y} = trainingDigits(count);
  await model.fit(x, y, {
    epochs: 3,
    batchSize: BATCH_SIZE,
    verbose: 0,
    callbacks: [new GradualPruning({schedule}), new SparsityLogger()],
  });
  const report = await sparsityReport(model);
  console.log(formatSparsityReport(report));
  return report;
}
