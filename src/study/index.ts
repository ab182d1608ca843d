/**
 * Fair comparisons of pruning methods: studies that run on one machine or many, and their reports. For Node.
 *
 * @module tfjs-pruning/study
 */
export type {Examples} from './examples.js';
export {study, type RunParts, type Study, type StudyArgs} from './study.js';
export {
  dataSet,
  method,
  metric,
  net,
  type DataSet,
  type DataSetArgs,
  type MethodArgs,
  type MethodCall,
  type Metric,
  type MetricArgs,
  type MetricCall,
  type Net,
  type NetArgs,
  type NetCall,
  type PartArgs,
  type StudyData,
  type StudyMethod,
  type Training,
} from './parts.js';
export type {Json, JsonObject} from './json.js';
export type {PartId} from './named.js';
export {strategy, type StrategyArgs} from './strategy.js';
export {mnist1d, type Mnist1dArgs} from './mnist-1d.js';
export {top1, top5} from './metrics.js';
export {runStudy, type RunStudyArgs, type StudyOutcome, type StudyProgress} from './run-study.js';
export type {RunResult, RunSeconds} from './execute-run.js';
export type {Measured} from './measured.js';
export {formatStudy, type FormatStudyArgs} from './report/format-study.js';
export {plotsOfStudy, type StudyPlot} from './report/plots-of-study.js';
export {pageOfStudy} from './report/page-of-study.js';
export {mergeResults} from './merge-results.js';
export type {FailedRun} from './results.js';
export type {Run} from './run.js';
export type {Recipe, FullRecipe} from './recipe.js';
export type {Shard} from './shard.js';
export type {Target, Targets, ToCompression, ToMultiplyAdds, ToSparsity} from './target.js';
export type {Versions} from './versions.js';
