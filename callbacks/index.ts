export {GradualPruning, type GradualPruningArgs} from './gradual-pruning.js';
export {IterativePruning, type IterativePruningArgs, type Rewind} from './iterative-pruning.js';
export {PruneAtInitialization, type PruneAtInitializationArgs} from './prune-at-initialization.js';
export {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';
export {ScheduledPruning, type ScheduledPruningArgs} from './scheduled-pruning.js';
export {SoftFilterPruning, type SoftFilterPruningArgs} from './soft-filter-pruning.js';
export {SparsityLogger, type SparsityLoggerArgs} from './sparsity-logger.js';
export {TargetedDropout, type TargetedDropoutArgs} from './targeted-dropout.js';
