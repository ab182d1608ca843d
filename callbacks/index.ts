export type {PenaltyCallbackArgs} from './penalty-callback.js';
export type {Rewind, RewindArgs} from './rewind.js';
export {BackupAndRestore, type BackupAndRestoreArgs, type RestoredTraining} from './backup-and-restore.js';
export type {BackupHandler} from '../src/backup/place.js';
export type {CallbackState, ResumableCallback} from './callback-state.js';
export {DynamicSparseTraining, type DroppedWeight, type DynamicSparseTrainingArgs} from './dynamic-sparse-training.js';
export {GradualPruning, type GradualPruningArgs} from './gradual-pruning.js';
export {IterativePruning, type IterativePruningArgs} from './iterative-pruning.js';
export {ProximalPenalty, type ProximalPenaltyArgs} from './proximal-penalty.js';
export {PruneAtInitialization, type PruneAtInitializationArgs} from './prune-at-initialization.js';
export {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';
export {RigL, type RigLArgs} from './rigl.js';
export {ScheduledPenalty, type ScheduledPenaltyArgs} from './scheduled-penalty.js';
export {ScheduledPruning, type ScheduledPruningArgs} from './scheduled-pruning.js';
export {SoftFilterPruning, type SoftFilterPruningArgs} from './soft-filter-pruning.js';
export {SparseEvolutionaryTraining, type SparseEvolutionaryTrainingArgs} from './sparse-evolutionary-training.js';
export {SparseMomentum, type SparseMomentumArgs} from './sparse-momentum.js';
export {SparseTraining, type SparseTrainingArgs} from './sparse-training.js';
export {SparsityLogger, type SparsityLoggerArgs} from './sparsity-logger.js';
export {startTraining, type StartTrainingArgs, type Training, type TrainingCallbacks} from './start-training.js';
export {StaticSparse, type StaticSparseArgs} from './static-sparse.js';
export {StepCallback, type StepCallbackArgs} from './step-callback.js';
export {
  seededBatches,
  type Examples,
  type ExamplesOfEach,
  type SeededBatches,
  type SeededBatchesArgs,
} from '../src/passes/seeded-batches.js';
export {TargetedDropout, type TargetedDropoutArgs} from './targeted-dropout.js';
