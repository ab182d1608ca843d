export {GradualPruning, type GradualPruningArgs} from './gradual-pruning.js';
export {PruningCallback, type PruningCallbackArgs} from './pruning-callback.js';
export {SparsityLogger, type SparsityLoggerArgs} from './sparsity-logger.js';
