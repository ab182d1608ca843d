import type * as tfl from '@tensorflow/tfjs-layers';
import {BackupAndRestore} from '../../callbacks/backup-and-restore.js';
import {seededBatches} from '../passes/seeded-batches.js';
import {EpochListener} from './epoch-listener.js';
import type {Examples} from './examples.js';
import type {Training} from './parts.js';
import {optimizerOf, RecipeRate, type FullRecipe} from './recipe.js';

/** A part of a training: that of the dense net, the fine-tuning, or both in one. */
export interface TrainedPart extends Training {
  readonly recipe: FullRecipe;
  /** The epoch of the recipe that it begins with, and how many it has. */
  readonly first: number;
  readonly epochs: number;
  readonly data: Examples;
  readonly seed: number;
  /** The folder of its backup: a training that was killed goes on from its last epoch. */
  readonly backup: string;
  readonly onEpoch: () => void;
}

/** Compiles the model of a part. */
export function compiled<M extends tfl.LayersModel>(model: M, recipe: FullRecipe): M {
  model.compile({optimizer: optimizerOf(recipe), loss: recipe.loss});
  return model;
}

/**
 * Trains a compiled model, from the last epoch of a backup if there is one.
 *
 * @returns the seconds that it took, since the backup.
 */
export async function trainPart(part: TrainedPart): Promise<number> {
  const {recipe, first, epochs, data, seed, backup: folder, onEpoch} = part;
  if (epochs === 0) return 0;
  const began = performance.now();
  const backup = new BackupAndRestore(`file://${folder}`);
  const callbacks = [...part.callbacks, new RecipeRate(recipe, first), new EpochListener(onEpoch)];
  const {model, initialEpoch} = await backup.restore(() => part.model, callbacks);
  const batches = seededBatches(data.xs, data.ys, {batchSize: recipe.batchSize, seed});
  const args = {epochs, initialEpoch, verbose: 0 as const, callbacks: [...callbacks, backup]};
  await model.fitDataset(batches, args);
  model.optimizer.dispose();
  return (performance.now() - began) / 1000;
}
