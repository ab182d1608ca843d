/**
 * Everything but the backend: wrapping and stripping models, what to prune and by how much, surgery, reports, and all
 * callbacks and schedules.
 *
 * @module tfjs-pruning
 */

// Wrapping and stripping models
export {prunable, listPrunable, type ModelGate, type PrunableArgs, type PrunableStatus} from './layers/prunable.js';
export {stripPruning} from './layers/strip-pruning.js';
export {PrunableLayer, isPrunableLayer, type MaskGradient, type PrunableLayerArgs} from './layers/prunable-layer.js';
export {
  PrunableConv1D,
  PrunableConv2D,
  PrunableConv2DTranspose,
  PrunableDense,
  PrunableDepthwiseConv2D,
  PrunableSeparableConv2D,
} from './layers/kinds.js';
export {MaskedWeight, type InputTap} from './layers/masked-weight.js';
export type {GradientTap} from './parametrizations/gradient-taps.js';
export {declareParametrization} from './parametrizations/declare-parametrization.js';
export type {FirstCentroids} from './math/first-centroids.js';
export {clusterWeights, type ClusterWeightsArgs} from './parametrizations/cluster-weights.js';
export {quantizationAware, type QuantizationAwareArgs} from './parametrizations/quantization-aware.js';
export type {DeclaredParametrization} from './parametrizations/declared.js';
export {bernoulli, type BernoulliArgs} from './gates/bernoulli.js';
export {continuousSparsification, type ContinuousSparsificationArgs} from './gates/continuous-sparsification.js';
export {differentiablePruning, type DifferentiablePruningArgs} from './gates/differentiable-pruning.js';
export {dynamicThreshold, type DynamicThresholdArgs} from './gates/dynamic-threshold.js';
export {edgePopup, type EdgePopupArgs} from './gates/edge-popup.js';
export {formatGates} from './gates/format-gates.js';
export {gateReport, type GateReport, type WeightGates} from './gates/gate-report.js';
export {plotGates} from './gates/plot-gates.js';
export {removeGates} from './gates/remove-gates.js';
export {hardConcrete, type HardConcreteArgs} from './gates/hard-concrete.js';
export {scaleGates, type ScaleGatesArgs} from './gates/scale-gates.js';
export {softThreshold, type SoftThresholdArgs} from './gates/soft-threshold.js';
export {tapAttention, type TapAttentionArgs} from './gates/tap-attention.js';
export {declareGate, type DeclaredGate} from './gates/declare-gate.js';
export type {AddGateVariable, Gate, GateCall, GateGroups, GateVariableArgs, MakeGate} from './gates/gate.js';
export type {
  AddVariable,
  LayerCall,
  Parametrization,
  Parametrize,
  VariableArgs,
} from './parametrizations/parametrization.js';
export {declareLayer, type LayerDeclaration} from './layers/declare-layer.js';
export type {PrunableWeight} from './layers/cards/layer-card.js';
export type {LayerSelector} from './layers/layer-selector.js';

// Which weights, and why those
export {weights} from './structures/weights.js';
export {filters} from './structures/filters.js';
export {channels} from './structures/channels.js';
export {kernelColumns, kernelRows, kernels} from './structures/kernels.js';
export {shifts, type ShiftsArgs} from './structures/shifts.js';
export {blocks, type BlocksArgs} from './structures/blocks.js';
export {inputBlocks} from './structures/input-blocks.js';
export {outputBlocks} from './structures/output-blocks.js';
export {nOfM} from './structures/n-of-m.js';
export {slices, type GroupArgs} from './structures/slices.js';
export {eachWeight, type WeightGroups, type WeightStructure} from './structures/each-weight.js';
export {coupledChannels, type CoupledChannelsArgs} from './units/coupled-channels.js';
export type {ScoredMembers} from './units/unit-scorer.js';
export type {
  GroupedWeight,
  GroupSlices,
  Grouping,
  LayerScores,
  Reduction,
  BatchNormVectors,
  ScoredWeight,
  ValueOfBatchNorm,
  Scoring,
  Structure,
  UnitVectors,
  VectorValue,
  WeightLayout,
} from './structures/structure.js';
export {attentionScores, type AttentionScoresArgs} from './attention/attention-scores.js';
export {averagePercentageOfZeros} from './criteria/average-percentage-of-zeros.js';
export {batchNormDeadness} from './criteria/batch-norm-deadness.js';
export {batchNormScale} from './criteria/batch-norm-scale.js';
export {fisher, optimalBrainDamage} from './criteria/fisher.js';
export {geometricMedian} from './criteria/geometric-median.js';
export {gradientMagnitude} from './criteria/gradient-magnitude.js';
export {grasp} from './criteria/grasp.js';
export {inverted} from './criteria/inverted.js';
export {lamp} from './criteria/lamp.js';
export {magnitude, type MagnitudeArgs} from './criteria/magnitude.js';
export {movement} from './criteria/movement.js';
export {random, type RandomArgs} from './criteria/random.js';
export {scores} from './criteria/scores.js';
export {snip} from './criteria/snip.js';
export {synFlow} from './criteria/syn-flow.js';
export {taylor} from './criteria/taylor.js';
export {wanda} from './criteria/wanda.js';
export type {
  Criterion,
  GradientCriterion,
  InputCriterion,
  ModelCriterion,
  Sight,
  WeightCriterion,
} from './criteria/criterion.js';
export {uniform, type UniformArgs} from './allocations/uniform.js';
export {globalRanking, type GlobalRankingArgs} from './allocations/global-ranking.js';
export type {Normalization} from './allocations/normalize.js';
export type {Scope} from './allocations/scopes.js';
export {isomorphic, type IsomorphicArgs} from './allocations/isomorphic.js';
export {erdosRenyi, erdosRenyiKernel, type ErdosRenyiArgs} from './allocations/erdos-renyi.js';
export {perLayer, type LayerSparsities, type PerLayerArgs} from './allocations/per-layer.js';
export {perOutput} from './allocations/per-output.js';
export {sensitivity, type SensitivityArgs} from './search/sensitivity.js';
export type {LayerLimits} from './allocations/limits.js';
export type {Allocation} from './allocations/allocation.js';

// In one shot, and masks by hand
export {pruneOnce, type PruneOnceArgs, type PruneOnceResult} from './masks/prune-once.js';
export {applyMasks, readMasks, type ApplyMasksArgs, type Masks} from './masks/masks.js';
export {maskZeros, type MaskZerosArgs} from './masks/mask-zeros.js';
export {restoreDense, type RestoreDenseArgs} from './masks/restore-dense.js';
export {reinitialize, shuffleMasks, type SanityCheckArgs} from './masks/sanity-checks.js';
export type {SnapshotPlace} from './layers/weight-snapshot.js';
export type {MaskRuleArgs} from './masks/mask-rule.js';
export type {Tensors} from './passes/batch.js';
export type {Batch, Data, DataArgs, Dataset} from './passes/data.js';

// Terms of the loss
export {addPenalty, type AddPenaltyArgs, type AddedPenalty} from './penalties/add-penalty.js';
export {elasticNet, type ElasticNetArgs} from './penalties/elastic-net.js';
export {entropyPenalty, type EntropyPenaltyArgs} from './penalties/entropy-penalty.js';
export {groupLasso, type GroupLassoArgs} from './penalties/group-lasso.js';
export {growingRegularization, type GrowingRegularizationArgs} from './penalties/growing-regularization.js';
export {hoyerSquare, type HoyerSquareArgs} from './penalties/hoyer-square.js';
export {l1} from './penalties/l1.js';
export {l2} from './penalties/l2.js';
export {networkSlimming} from './penalties/network-slimming.js';
import './penalties/saved-regularizer.js'; // so that models load that were saved with one
export {
  regularizers,
  type GroupRegularizerArgs,
  type Regularizer,
  type SparseGroupRegularizerArgs,
} from './penalties/regularizers.js';
export {selectiveWeightDecay, type SelectiveWeightDecayArgs} from './penalties/selective-weight-decay.js';
export {sparseGroupLasso, type SparseGroupLassoArgs} from './penalties/sparse-group-lasso.js';
export type {NamedStructure} from './penalties/named-structure.js';
export type {ChoiceTime, CodeLength, PenalizedWeight, Penalty} from './penalties/penalty.js';
export type {StrengthArgs} from './penalties/strength.js';
export {pruneByThreshold, type PruneByThresholdArgs} from './masks/prune-by-threshold.js';

// What each layer can bear
export {
  sensitivityScan,
  type LayerSensitivity,
  type SensitivityProgress,
  type SensitivityReport,
  type SensitivityScanArgs,
} from './search/sensitivity-scan.js';
export type {Evaluation} from './search/evaluate.js';
export {formatSensitivity, type SensitivityView} from './search/format-sensitivity.js';
export {plotSensitivity} from './search/plot-sensitivity.js';
export {progressBar, type Progress, type ProgressBarArgs} from './display/progress-bar.js';

// Rates that are searched
export {searchRates, type Searched, type SearchRatesArgs} from './search/search-rates.js';
export type {SearchedRates, SearchProgress, SearchResult} from './search/search.js';
export type {ScoredChoice, SearchIdentity, SearchState} from './search/search-state.js';
export type {Score, ScoreTime} from './search/score.js';
export {metricScore, type MetricScoreArgs} from './search/metric-score.js';
export {channelSpace, type ChannelSpaceArgs, type SearchedPlan} from './search/spaces/channel-space.js';
export {
  weightSpace,
  type SearchedSparsity,
  type WeightSpaceArgs,
  type WeightTarget,
} from './search/spaces/weight-space.js';
export type {LayerBound, LayerBounds} from './search/spaces/weight-bounds.js';
export type {Choice, SearchSpace, SearchTarget} from './search/spaces/space.js';
export {bisection, type BisectionArgs} from './search/policies/bisection.js';
export {greedy, type GreedyArgs} from './search/policies/greedy.js';
export {evolution, type EvolutionArgs} from './search/policies/evolution.js';
export {reinforcement, type ReinforcementArgs} from './search/policies/reinforcement.js';
export {agents, type AgentsArgs} from './search/policies/agents.js';
export type {
  LayerShape,
  Proposal,
  Proposals,
  ScoredProposal,
  SearchedLayer,
  SearchPolicy,
  SearchTask,
} from './search/policies/policy.js';

// A model that is really smaller
export {traceChannels} from './units/trace/trace-channels.js';
export {formatChannelTrace} from './units/trace/format-channel-trace.js';
export type {ChannelAxis, ChannelGroup, ChannelSource, ChannelTrace} from './units/trace/channel-trace.js';
export type {ChannelRole, ChannelRule, LayerUse, Resize, TracedTensor} from './layers/cards/layer-use.js';
export {planChannelPruning} from './surgery/plan/plan-channel-pruning.js';
export type {
  ChannelLimits,
  ChannelTarget,
  LatencyOf,
  LayerChannelRule,
  PlanChannelPruningArgs,
} from './surgery/plan/plan-options.js';
export type {ChannelPlan, PlannedGroup} from './surgery/channel-plan.js';
export type {ModelSizes} from './report/model-sizes.js';
export {formatChannelPlan} from './surgery/format-channel-plan.js';
export {maskChannels} from './surgery/mask-channels.js';
export type {ReconstructionArgs} from './surgery/cut/fitted-to-plan.js';
export {shrink, type ShrinkArgs} from './surgery/cut/shrink.js';
export {foldBatchNorm, listFoldable, type FoldableStatus} from './surgery/fold/fold-batch-norm.js';
export {shiftConvolutions} from './surgery/shifts/shift-convolutions.js';
export type {ShiftConvolutionsArgs} from './surgery/shifts/shift-candidate.js';
export {listShiftable, type ShiftableStatus} from './surgery/shifts/list-shiftable.js';
export {formatShiftable} from './surgery/shifts/format-shiftable.js';
export {distill, type DistillArgs, type Distillation} from './recovery/distill.js';
export type {FeaturePairNames} from './recovery/distillation/feature-pairs.js';
export {biasCorrection, type BiasCorrectionArgs} from './recovery/bias-correction.js';
export {reconstruct, type ReconstructArgs} from './recovery/reconstruct.js';
export {lassoScores, type LassoScoresArgs} from './recovery/lasso/lasso-scores.js';
export type {RecoveredWeight, Recovery} from './recovery/weight-change.js';
export {recalibrateBatchNorm, type RecalibrateBatchNormArgs} from './recovery/recalibrate-batch-norm.js';
export {
  modelCost,
  type Cost,
  type LayerCost,
  type ModelCost,
  type ModelCostArgs,
  type TotalCost,
} from './report/model-cost.js';
export type {InputShapes} from './report/input-shapes.js';
export {formatPrunable} from './report/format-prunable.js';
export {formatModelCost} from './report/format-model-cost.js';
export {formatLatency} from './report/format-latency.js';
export {formatModelSize} from './report/format-model-size.js';
export {modelSize, type ModelSizeArgs} from './report/model-size.js';
export type {
  CompressedSize,
  FileSize,
  FormatSizes,
  LayerFileSizes,
  ModelFileSizes,
  QuantizationLoss,
  QuantizedSize,
} from './report/file-sizes.js';
export {measureLatency, type Latency, type MeasureLatencyArgs} from './report/measure-latency.js';

// What came of it
export {
  sparsityReport,
  type LayerSparsity,
  type SparsityCounts,
  type SparsityReport,
  type SparsityReportArgs,
} from './report/sparsity-report.js';
export {formatSparsityReport} from './report/format-sparsity-report.js';
export {recommendStructure, type RecommendStructureArgs} from './report/recommend-structure.js';

// Files that survive a kill
export {files, type FilesHandler} from './files/files.js';

// Also to be had from 'tfjs-pruning/callbacks' and 'tfjs-pruning/schedules'
export {
  BackupAndRestore,
  LearnedMasks,
  GradualPruning,
  IterativePruning,
  ProximalPenalty,
  PruneAtInitialization,
  PruningCallback,
  RigL,
  ScheduledPenalty,
  SoftFilterPruning,
  SparseEvolutionaryTraining,
  SparseMomentum,
  SparsityLogger,
  StaticSparse,
  startTraining,
  TargetedDropout,
  seededBatches,
  updateMasks,
  type BackupAndRestoreArgs,
  type BackupHandler,
  type CallbackState,
  type CallbackTraits,
  type DynamicSparseTrainingArgs,
  type Examples,
  type ExamplesOfEach,
  type Goal,
  type GradualPruningArgs,
  type CostTarget,
  type FileTarget,
  type GateStrength,
  type GateTarget,
  type LearnedMasksArgs,
  type IterativePruningArgs,
  type Loss,
  type LossFunction,
  type Memory,
  type Method,
  type Observation,
  type PenaltyCallbackArgs,
  type PenaltyTarget,
  type PlacedWeight,
  type ProximalPenaltyArgs,
  type PruneAtInitializationArgs,
  type PrunedTraining,
  type PruningCallbackArgs,
  type RestoredTraining,
  type ResumableCallback,
  type Rewind,
  type RewindArgs,
  type RigLArgs,
  type ScheduledPenaltyArgs,
  type ScheduledPruningArgs,
  type SeededBatches,
  type SeededBatchesArgs,
  type SoftFilterPruningArgs,
  type SparseEvolutionaryTrainingArgs,
  type SparseMomentumArgs,
  type SparseTrainingArgs,
  type SparsityLoggerArgs,
  type StartTrainingArgs,
  type StaticSparseArgs,
  type StepArgs,
  type TargetedDropoutArgs,
  type Training,
  type TrainingCallbacks,
  type UpdateMasksArgs,
  type ZeroCount,
} from '../callbacks/index.js';
export {
  asymptoticDecay,
  constantSparsity,
  cosineDecay,
  exponentialDecay,
  exponentialGrowth,
  iterative,
  joinSchedules,
  oneShot,
  polynomialDecay,
  type ConstantSparsityArgs,
  type ExponentialGrowthArgs,
  type IterativeArgs,
  type OneShotArgs,
  type PolynomialDecayArgs,
  type RampArgs,
  type ScheduleGrid,
  type SparsitySchedule,
} from '../schedules/index.js';
