/** Stops in the middle of pruning, as after a crash, and resumes as if nothing had happened. */
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {BackupAndRestore, GradualPruning, seededBatches, SparsityLogger} from 'tfjs-pruning/callbacks';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {trainingDigits} from './support/mnist.js';

const BATCH_SIZE = 64;
const EPOCHS = 4;

/** Makes the model, at each start; a backup replaces its weights. */
function newModel(): tf.Sequential {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [28, 28, 1]}),
        tf.layers.dense({name: 'hidden', units: 100, activation: 'relu'}),
        tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

/** Trains on so many digits; the first run crashes in its third epoch. */
export async function main(count = 12_800): Promise<{resumedAt: number; step: number; sparsity: number}> {
  await useFastestBackend();
  const {x, y} = trainingDigits(count);
  const url = pathToFileURL(mkdtempSync(join(tmpdir(), 'tfjs-pruning-'))).href;

  /** This is all your script needs: after a crash, start it again, and it resumes with the unfinished epoch. */
  const train = async (crashes: boolean) => {
    const pruning = new GradualPruning({sparsity: 0.9});
    const callbacks = [pruning, new SparsityLogger(), crashing(crashes)];
    const backup = new BackupAndRestore(url);
    const {model, initialEpoch} = await backup.restore(newModel, callbacks);
    console.log(initialEpoch === 0 ? 'a new training' : `resumes with epoch ${initialEpoch + 1}, step ${pruning.step}`);
    await model.fitDataset(seededBatches(x, y, {batchSize: BATCH_SIZE, seed: 1}), {
      epochs: EPOCHS,
      initialEpoch,
      verbose: 0,
      callbacks: [...callbacks, backup],
    });
    return {resumedAt: initialEpoch, step: pruning.step, sparsity: pruning.sparsity};
  };

  await train(true).catch((error: unknown) => console.log(String(error)));
  return train(false);
}

/** Simulates a power cut. */
function crashing(crashes: boolean): tf.CustomCallback {
  return new tf.CustomCallback({
    onEpochBegin: epoch => {
      if (crashes && epoch === 2) throw new Error('a crash in epoch 3');
    },
  });
}
