/**
 * Fast: pruned models run at the speed of what is left of them.
 *
 * @module tfjs-pruning/runtime
 */
export {compile, type CompileArgs, type LoadHandlerLike} from './compile.js';
export type {CompiledModel, InputNumbers, TensorLike, TensorMaker} from './compiled-model.js';
export type {Int8Accuracy, OutputAccuracy} from './int8/accuracy.js';
export type {MachineKind} from './machine.js';
export {formatRuntimeReport, type ReportArgs, type RuntimeReport, type RuntimeReportRow} from './runtime-report.js';
export type {LayersModelLike} from './source/model-source.js';
