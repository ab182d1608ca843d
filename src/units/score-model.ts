import {seesWeights, type Criterion} from '../criteria/criterion.js';
import {prunableLayers} from '../layers/model-layers.js';
import {expectScores} from '../masks/expect-groups.js';
import {placedWeights, type PlacedWeight} from '../masks/placed-weights.js';
import {scoreWeights, type AfterWeight} from '../masks/score-weights.js';
import type {AfterBatch} from '../passes/batch-steps.js';
import type {ObservedData} from '../passes/observed-data.js';
import {withEvidence} from '../passes/with-evidence.js';
import type {GroupedWeight} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';
import {withPlainKernels} from './plain-kernels.js';
import type {ChannelTrace} from './trace/channel-trace.js';
import {unitScorer, type ScoredMembers, type UnitScorer} from './unit-scorer.js';
import {weightsOfUnits} from './unit-slices.js';

/** Where scoring may pause. */
export interface Pauses {
  readonly afterBatch?: AfterBatch;
  readonly afterWeight?: AfterWeight;
}

/** How units are scored. */
export interface ScoreModelArgs extends ObservedData, Pauses {
  readonly criterion: Criterion;
  readonly members: ScoredMembers;
}

/** The scores of the units of a model. */
export interface ScoredUnits {
  /** One for each unit of the model: -Infinity if it is gone, NaN if nothing scores it. */
  readonly scores: Float64Array;
  /** For each unit the first kernel that makes it, or else the first with slices of it. */
  readonly weightOf: ReadonlyMap<number, GroupedWeight>;
}

/**
 * Scores units of a model whose layers are all wrapped. A criterion that needs data sees the data first.
 *
 * @param units the units that compete.
 * @throws TypeError or RangeError if the criterion does not score, or a score is NaN.
 */
export async function scoreModel(
  model: Model,
  trace: ChannelTrace,
  units: ReadonlySet<number>,
  {criterion, members, ...data}: ScoreModelArgs,
): Promise<ScoredUnits> {
  const score = async (kernels: readonly PlacedWeight[]) => {
    const sees = (i: number) => criterion.sees !== 'inputs' || kernels[i]!.weight.seesInput;
    const scorer = unitScorer({trace, weights: kernels}, units, {scoring: criterion, members, sees});
    const scores = await scoreKernels(model, kernels, scorer, criterion, data);
    return {scores, weightOf: weightsOfUnits(scorer.slices)};
  };
  const wrapped = placedWeights(model, prunableLayers(model));
  return seesWeights(criterion) ? withPlainKernels(model, trace, wrapped, score) : score(wrapped);
}

/** Shows the criterion only those kernels that it scores. */
function scoreKernels(
  model: Model,
  kernels: readonly PlacedWeight[],
  scorer: UnitScorer,
  criterion: Criterion,
  {afterBatch, afterWeight, ...data}: ObservedData & Pauses,
): Promise<Float64Array> {
  const asked = kernels.filter((_, i) => scorer.about(i)).map(({weight}) => weight);
  return withEvidence(criterion, {model, weights: asked, afterBatch}, data, async evidence => {
    const weights = await scoreWeights(kernels, {criterion}, scorer, evidence, afterWeight);
    for (const {layout, scores} of weights) expectScores(layout.name, scores);
    return scorer.score(weights.map(({scores}) => scores));
  });
}
