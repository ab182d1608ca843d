import {createHash} from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import {growingRegularization, groupLasso, movement, prunable, taylor} from 'tfjs-pruning';
import {
  BackupAndRestore,
  GradualPruning,
  IterativePruning,
  ProximalPenalty,
  PruneAtInitialization,
  RigL,
  ScheduledPenalty,
  seededBatches,
  SoftFilterPruning,
  SparseEvolutionaryTraining,
  SparseMomentum,
  StaticSparse,
  TargetedDropout,
  type BackupHandler,
} from 'tfjs-pruning/callbacks';
import {constantSparsity, oneShot, polynomialDecay} from 'tfjs-pruning/schedules';
import {slotsOf} from '../../../src/optimizers/slots.js';

export const EPOCHS = 4;
export const BATCHES = 6;
const BATCH_SIZE = 8;

const growing = () => polynomialDecay({finalSparsity: 0.7, beginStep: 4, endStep: 20, frequency: 4});

/** Each has state between steps, and all end within the training. */
export const CALLBACKS: Record<string, () => tf.Callback> = {
  'gradual pruning, taylor': () => new GradualPruning({schedule: growing(), criterion: taylor()}),
  'movement pruning': () => new GradualPruning({schedule: growing(), criterion: movement(), regrowth: true}),
  'lottery ticket': () =>
    new IterativePruning({trainSteps: 8, retrainSteps: 5, rounds: 3, finalSparsity: 0.7, rewind: 'weights'}),
  'soft filters': () =>
    new SoftFilterPruning({
      schedule: constantSparsity({targetSparsity: 0.5, beginStep: 3, endStep: 21, frequency: 3}),
      stepUnit: 'batch',
    }),
  'SNIP in rounds': () => new PruneAtInitialization({sparsity: 0.7, rounds: 3, observedBatches: 3}),
  'static sparse': () => new StaticSparse({sparsity: 0.7, seed: 1}),
  SET: () => new SparseEvolutionaryTraining({sparsity: 0.7, seed: 1, stepUnit: 'batch', frequency: 4, endStep: 20}),
  RigL: () => new RigL({sparsity: 0.7, seed: 1, endStep: 20, frequency: 5, observedBatches: 3}),
  'sparse momentum': () => new SparseMomentum({sparsity: 0.7, seed: 1, stepUnit: 'batch', frequency: 4, endStep: 20}),
  'targeted dropout': () => new TargetedDropout({schedule: oneShot({targetSparsity: 0.6, beginStep: 18}), seed: 3}),
  'growing regularization': () =>
    new ScheduledPenalty({
      penalty: growingRegularization({
        variant: 2,
        sparsity: 0.5,
        growth: 0.2,
        frequency: 2,
        pickingGrowth: 0.1,
        pickingCeiling: 0.4,
      }),
    }),
  'proximal group lasso': () =>
    new ProximalPenalty({penalty: groupLasso({strength: 0.1}), strength: step => step / 10}),
};

/** One for each kind of optimizer state: one slot per weight, two slots with powers of betas, and two slots. */
export const OPTIMIZERS: Record<string, () => tf.Optimizer> = {
  momentum: () => tf.train.momentum(0.05, 0.9),
  adam: () => tf.train.adam(0.01),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
};

/** A convolution, a batch normalization, a hidden layer and the output. */
function net(optimizer: tf.Optimizer): tf.LayersModel {
  const drawn = (seed: number) => ({kernelInitializer: tf.initializers.glorotNormal({seed})});
  const model = prunable(
    tf.sequential({
      layers: [
        tf.layers.conv2d({name: 'conv', filters: 6, kernelSize: 3, inputShape: [6, 6, 2], ...drawn(1)}),
        tf.layers.batchNormalization({name: 'bn'}),
        tf.layers.flatten(),
        tf.layers.dense({name: 'hidden', units: 16, activation: 'tanh', ...drawn(2)}),
        tf.layers.dense({name: 'output', units: 3, ...drawn(3)}),
      ],
    }),
  );
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

/** One training, killed or not. */
export interface CrashTraining {
  readonly callback: string;
  readonly optimizer: string;
  /** The place of the backups. */
  readonly place: string | BackupHandler;
  readonly every: 'epoch' | number;
}

/**
 * Resumes from the last backup and trains to the end; `watch` comes before the backup and is passed the first epoch.
 */
export async function train(
  {callback, optimizer, place, every}: CrashTraining,
  watch: (initialEpoch: number) => tf.CustomCallback,
): Promise<tf.LayersModel> {
  const x = tf.randomNormal([BATCHES * BATCH_SIZE - 3, 6, 6, 2], 0, 1, 'float32', 1);
  const y = tf.randomNormal([BATCHES * BATCH_SIZE - 3, 3], 0, 1, 'float32', 2);
  const backup = new BackupAndRestore(place, {every, deleteAtEnd: false});
  const callbacks = [CALLBACKS[callback]!()];
  const {model, initialEpoch} = await backup.restore(() => net(OPTIMIZERS[optimizer]!()), callbacks);
  await model.fitDataset(seededBatches(x, y, {batchSize: BATCH_SIZE, seed: 5}), {
    epochs: EPOCHS,
    initialEpoch,
    verbose: 0,
    callbacks: [...callbacks, watch(initialEpoch), backup],
  });
  tf.dispose([x, y]);
  return model;
}

/** A checksum of all weights, masks and slots of a model. */
export function digest(model: tf.LayersModel): string {
  const slots = [...slotsOf(model).values()].flat().map(({variable}) => variable);
  const hash = createHash('sha256');
  for (const tensor of [...model.weights.map(weight => weight.read()), ...slots]) {
    hash.update(new Uint8Array(tensor.dataSync<'float32'>().slice().buffer));
  }
  return hash.digest('hex');
}
