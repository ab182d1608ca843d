/** The page: shows what the worker trains, and answers with the pruned model. */
import * as tf from '@tensorflow/tfjs';
import * as tfvis from '@tensorflow/tfjs-vis';

const log = line => document.getElementById('log').append(`${line}\n`);
const history = [];

// #region page
const worker = new Worker(new URL('./worker.mjs', import.meta.url), {type: 'module'});
worker.onerror = event => log(`failed: ${event.message}`);
worker.onmessage = async ({data}) => {
  if (data.error) log(`failed: ${data.error}`);
  if (data.logs) {
    history.push(data.logs); // the logs of an epoch: loss, acc, sparsity
    await tfvis.show.history(document.getElementById('loss'), history, ['loss']);
    await tfvis.show.history(document.getElementById('sparsity'), history, ['acc', 'sparsity']);
  }
  if (data.saved) await use(await tf.loadLayersModel(data.saved));
};
// #endregion

async function use(model) {
  const answers = model.predict(tf.ones([1, 32]));
  log(`epochs ${history.length}  sparsity ${history.at(-1).sparsity}  answer ${(await answers.data())[0]}`);
  log('done');
}
