/** The worker: trains and prunes on wasm, so that the page stays responsive, and saves the model for the page. */
// #region worker
import * as tf from '@tensorflow/tfjs';
import {GradualPruning, prunable, stripPruning} from 'tfjs-pruning';
import {startWasm} from 'tfjs-pruning/wasm';

async function main() {
  await startWasm({paths: '/wasm/'}); // where you serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist
  const model = prunable(newModel());
  model.compile({optimizer: tf.train.adam(0.01), loss: 'binaryCrossentropy', metrics: ['accuracy']});
  const pruning = new GradualPruning({sparsity: 0.9});
  const reporting = new tf.CustomCallback({onEpochEnd: (epoch, logs) => postMessage({epoch, logs})});
  const {x, y} = examples();
  await model.fit(x, y, {epochs: 15, batchSize: 64, verbose: 0, callbacks: [pruning, reporting]});
  await stripPruning(model).save('indexeddb://pruned');
  postMessage({saved: 'indexeddb://pruned'});
}

main().catch(error => postMessage({error: String(error)}));
// #endregion

function newModel() {
  const hidden = tf.layers.dense({name: 'hidden', units: 64, activation: 'relu', inputShape: [32]});
  const output = tf.layers.dense({name: 'output', units: 1, activation: 'sigmoid'});
  return tf.sequential({layers: [hidden, output]});
}

/** The label says whether the first 8 of 32 numbers add up to more than 0. */
function examples() {
  const x = tf.randomNormal([2048, 32]);
  const y = tf.cast(tf.greater(tf.sum(tf.slice(x, [0, 0], [-1, 8]), 1, true), 0), 'float32');
  return {x, y};
}
