/** Stop in the middle of pruning, by a crash or the end of a process, and go on as if nothing had happened. */
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {BackupAndRestore, GradualPruning, seededBatches, SparsityLogger} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {trainingDigits} from './support/mnist.js';

const BATCH_SIZE = 64;
const EPOCHS = 4;

/** The model as it is made at each start; a backup that is there takes the place of its weights. */
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

/** Runs on so many of the digits; the first run crashes in its third epoch. */
export async function main(count = 12_800): Promise<{wentOnAt: number; step: number; sparsity: number}> {
  await useFastestBackend();
  const {x, y} = trainingDigits(count);
  const stepsPerEpoch = Math.ceil(count / BATCH_SIZE);
  const url = pathToFileURL(mkdtempSync(join(tmpdir(), 'tfjs-pruning-'))).href;

  /** All that a script of yours holds: started again after a crash, it goes on with the epoch that was not finished. */
  const train = async (crashes: boolean) => {
    const schedule = polynomialDecay({finalSparsity: 0.9, endStep: 3 * stepsPerEpoch, frequency: 20});
    const pruning = new GradualPruning({schedule});
    const callbacks = [pruning, new SparsityLogger(), crashing(crashes)];
    const backup = new BackupAndRestore(url);
    const {model, initialEpoch} = await backup.restore(newModel, callbacks);
    console.log(initialEpoch === 0 ? 'a new training' : `goes on with epoch ${initialEpoch + 1}, step ${pruning.step}`);
    await model.fitDataset(seededBatches(x, y, {batchSize: BATCH_SIZE, seed: 1}), {
      epochs: EPOCHS,
      initialEpoch,
      verbose: 0,
      callbacks: [...callbacks, backup],
    });
    return {wentOnAt: initialEpoch, step: pruning.step, sparsity: pruning.sparsity};
  };

  await train(true).catch((error: unknown) => console.log(String(error)));
  return train(false);
}

/** What stands for a power cut. */
function crashing(crashes: boolean): tf.CustomCallback {
  return new tf.CustomCallback({
    onEpochBegin: epoch => {
      if (crashes && epoch === 2) throw new Error('a crash in epoch 3');
    },
  });
}
