/** What a server does with the library, bundled for Node. Its arguments: the folder of the wasm files, and a place. */
import * as tf from '@tensorflow/tfjs';
import {prunable, stripPruning} from 'tfjs-pruning';
import {startWasm, useFastestBackend} from 'tfjs-pruning/wasm';

const [paths, folder] = process.argv.slice(2);

async function run() {
  const started = await startWasm({paths});
  const fastest = await useFastestBackend();
  const model = prunable(tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]})]}));
  await stripPruning(model).save(`file://${folder}`);
  const loaded = await tf.loadLayersModel(`file://${folder}`);
  console.log(JSON.stringify({started, fastest, shape: loaded.outputs[0].shape}));
}

run().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
