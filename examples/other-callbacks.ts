/** Callbacks of tf.js beside ours: EarlyStopping, checkpoints, plain objects, TensorBoard. */
import {existsSync, mkdtempSync, readdirSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {files, prunable, stripPruning} from 'tfjs-pruning';
import {GradualPruning, SparsityLogger} from 'tfjs-pruning/callbacks';
import {polynomialDecay} from 'tfjs-pruning/schedules';
import {useFastestBackend} from 'tfjs-pruning/wasm';
import {trainingDigits} from './support/mnist.js';

const BATCH_SIZE = 64;
const EPOCHS = 12;

// #region early-stopping
/** EarlyStopping that waits until pruning is done: before, the loss may rise because weights are removed. */
class StopWhenPruned extends tf.EarlyStopping {
  readonly #isPruned: () => boolean;

  constructor(isPruned: () => boolean, args: tf.EarlyStoppingCallbackArgs) {
    super(args);
    this.#isPruned = isPruned;
  }

  override async onEpochEnd(epoch: number, logs?: tf.Logs): Promise<void> {
    if (this.#isPruned()) await super.onEpochEnd(epoch, logs);
  }
}
// #endregion

// #region checkpoint
/** Saves the best of the fully pruned models: the best of all may be a dense one. */
function checkpoint(isPruned: () => boolean, model: tf.LayersModel, folder: string): tf.CustomCallback {
  let lowest = Infinity;
  return new tf.CustomCallback({
    onEpochEnd: async (_epoch, logs) => {
      const loss = Number(logs?.['val_loss']);
      if (!isPruned() || loss >= lowest) return;
      lowest = loss;
      await stripPruning(model).save(files(folder));
    },
  });
}
// #endregion

/** A variable, so that the compiler does not ask for a package which may not be installed. */
const TFJS_NODE: string = '@tensorflow/tfjs-node';

/** What is used of it. */
interface TfjsNode {
  node: {tensorBoard(folder: string): tf.CustomCallback};
}

// #region tensorboard
/** The TensorBoard callback of tfjs-node, if that is the backend in use. */
async function tensorBoard(folder: string): Promise<tf.CustomCallback[]> {
  if (tf.getBackend() !== 'tensorflow') return [];
  const {node} = (await import(TFJS_NODE)) as TfjsNode;
  return [node.tensorBoard(folder)]; // writes epoch_loss, epoch_sparsity, ...; `tensorboard --logdir` shows them
}
// #endregion

/** Trains on so many digits. */
export async function main(count = 12_800): Promise<{epochs: number; hasCheckpoint: boolean; summaries: number}> {
  await useFastestBackend();
  const {x, y} = trainingDigits(count);
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-pruning-'));
  const model = net();

  // #region fit
  const endStep = 3 * Math.ceil((0.8 * count) / BATCH_SIZE); // three epochs, since it is not known when training stops
  const pruning = new GradualPruning({schedule: polynomialDecay({finalSparsity: 0.9, endStep, frequency: 10})});
  const isPruned = () => pruning.step >= endStep;
  const {epoch} = await model.fit(x, y, {
    epochs: EPOCHS,
    batchSize: BATCH_SIZE,
    validationSplit: 0.2,
    verbose: 0,
    callbacks: [
      pruning, // first: it writes `sparsity` into the logs that the others read
      new SparsityLogger(),
      new StopWhenPruned(isPruned, {monitor: 'val_loss', patience: 1}),
      checkpoint(isPruned, model, join(folder, 'best')),
      ...(await tensorBoard(join(folder, 'logs'))),
    ] as tf.Callback[],
  });
  // #endregion

  const summaries = existsSync(join(folder, 'logs')) ? readdirSync(join(folder, 'logs')).length : 0;
  console.log(`stopped after ${epoch.length} epochs; the best pruned model is in ${join(folder, 'best')}`);
  return {epochs: epoch.length, hasCheckpoint: existsSync(join(folder, 'best', 'model.json')), summaries};
}

function net(): tf.Sequential {
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.flatten({inputShape: [28, 28, 1]}),
        tf.layers.dense({
          name: 'hidden',
          units: 100,
          activation: 'relu',
          kernelInitializer: tf.initializers.heNormal({seed: 1}),
        }),
        tf.layers.dense({name: 'output', units: 10, activation: 'softmax'}),
      ],
    }),
  );
  model.compile({optimizer: tf.train.adam(0.003), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}
