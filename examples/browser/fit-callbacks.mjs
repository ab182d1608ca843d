/** Training in the page itself, with the callbacks of tfjs-vis beside ours. */
import * as tf from '@tensorflow/tfjs';
import * as tfvis from '@tensorflow/tfjs-vis';
import {GradualPruning, prunable, stripPruning} from 'tfjs-pruning';

const x = tf.randomNormal([512, 16]);
const y = tf.cast(tf.greater(tf.sum(x, 1, true), 0), 'float32');
const model = prunable(
  tf.sequential({
    layers: [
      tf.layers.dense({units: 32, activation: 'relu', inputShape: [16]}),
      tf.layers.dense({units: 1, activation: 'sigmoid'}),
    ],
  }),
);
model.compile({optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy']});

// #region fit
const surface = document.getElementById('loss');
const charts = tfvis.show.fitCallbacks(surface, ['loss', 'acc', 'sparsity'], {callbacks: ['onEpochEnd']});
const pruning = new GradualPruning({sparsity: 0.9});
const callbacks = [pruning, new tf.CustomCallback(charts)]; // ours first: it writes `sparsity` into the logs
await model.fit(x, y, {epochs: 6, batchSize: 64, verbose: 0, callbacks});
// #endregion

stripPruning(model).dispose();
document.getElementById('log').append(`sparsity ${pruning.sparsity}\ndone\n`);
