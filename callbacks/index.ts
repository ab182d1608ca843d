/**
 * What plugs into `model.fit`: one pruning method a callback, loggers, backups, and what a method of your own needs.
 *
 * @module tfjs-pruning/callbacks
 */

export {BackupAndRestore, type BackupAndRestoreArgs, type RestoredTraining} from './backup-and-restore.js';
export type {BackupHandler} from '../src/backup/place.js';
export {LearnedMasks, type GateStrength, type LearnedMasksArgs} from './learned-masks.js';
export type {CostTarget, GateTarget} from './parts/gate-target.js';
export {GradualPruning, type GradualPruningArgs} from './gradual-pruning.js';
export {IterativePruning, type IterativePruningArgs} from './iterative-pruning.js';
export {ProximalPenalty, type ProximalPenaltyArgs} from './proximal-penalty.js';
export {PruneAtInitialization, type PruneAtInitializationArgs} from './prune-at-initialization.js';
export {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';
export {RigL, type RigLArgs} from './rigl.js';
export {ScheduledPenalty, type ScheduledPenaltyArgs} from './scheduled-penalty.js';
export {SoftFilterPruning, type SoftFilterPruningArgs} from './soft-filter-pruning.js';
export {SparseEvolutionaryTraining, type SparseEvolutionaryTrainingArgs} from './sparse-evolutionary-training.js';
export {SparseMomentum, type SparseMomentumArgs} from './sparse-momentum.js';
export {SparsityLogger, type SparsityLoggerArgs} from './sparsity-logger.js';
export {startTraining, type StartTrainingArgs, type TrainingCallbacks} from './start-training.js';
export type {Training} from './loop/training-loop.js';
export {StaticSparse, type StaticSparseArgs} from './static-sparse.js';
export {
  seededBatches,
  type Examples,
  type ExamplesOfEach,
  type SeededBatches,
  type SeededBatchesArgs,
} from '../src/passes/seeded-batches.js';
export {TargetedDropout, type TargetedDropoutArgs} from './targeted-dropout.js';

// What callbacks share
export type {CallbackState, CallbackTraits, ResumableCallback} from './parts/callback-state.js';
export type {Loss, LossFunction} from '../src/tfjs-internals.js';
export type {StepArgs} from './parts/step-counter.js';
export type {FileTarget} from './parts/bytes-target.js';
export type {PenaltyTarget} from './parts/strength-target.js';
export type {PenaltyCallbackArgs} from './penalty-callback.js';
export type {ScheduledPruningArgs} from './families/scheduled.js';
export type {Rewind, RewindArgs} from './families/rewind.js';
export type {SparseTrainingArgs} from './families/sparse-training.js';
export type {DynamicSparseTrainingArgs} from './families/rewiring.js';

// A method of your own
export type {Goal, Method, Observation, PrunedTraining} from './method.js';
export type {Memory} from './parts/memory.js';
export type {PlacedWeight} from '../src/masks/placed-weights.js';
export type {ZeroCount} from '../src/masks/zero-count.js';
export {updateMasks, type UpdateMasksArgs} from '../src/masks/update-masks.js';
