/** Stop in the middle of pruning, save the model with its masks and optimizer, and go on in another process. */
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {prunable} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {trainingDigits} from './support/mnist.js';

const BATCH_SIZE = 64;

/** Runs on so many of the digits. */
export async function main(count = 12_800): Promise<{stoppedAt: number; sparsity: number}> {
  await useFastestBackend();
  const {x, y} = trainingDigits(count);
  const stepsPerEpoch = Math.ceil(count / BATCH_SIZE);
  const schedule = polynomialDecay({finalSparsity: 0.9, endStep: 3 * stepsPerEpoch, frequency: 20});
  const fit = (model: tf.LayersModel, pruning: GradualPruning, epochs: number) =>
    model.fit(x, y, {epochs, batchSize: BATCH_SIZE, verbose: 0, callbacks: [pruning, new SparsityLogger()]});

  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [28, 28, 1]}),
        tf.layers.dense({units: 100, activation: 'relu'}),
        tf.layers.dense({units: 10, activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  const pruning = new GradualPruning({schedule});
  await fit(model, pruning, 2);

  // masks are saved as weights, the optimizer's state when asked for, and the step as metadata
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-'));
  model.setUserDefinedMetadata({pruningStep: pruning.step});
  await model.save(`file://${folder}`, {includeOptimizer: true});

  const loaded = await tf.loadLayersModel(`file://${folder}/model.json`);
  const {pruningStep} = loaded.getUserDefinedMetadata() as {pruningStep: number};
  console.log(`loaded at step ${pruningStep}`);
  const resumed = new GradualPruning({schedule, initialStep: pruningStep});
  await fit(loaded, resumed, 2);
  return {stoppedAt: pruningStep, sparsity: resumed.sparsity};
}
