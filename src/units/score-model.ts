import type {Criterion} from '../criteria/criterion.js';
import {prunableLayers} from '../layers/model-layers.js';
import {expectScores, scoreWeights, withMeasured} from '../masks/choose-masks.js';
import {groupedWeights, placedWeights, type PrunedWeight} from '../masks/pruned-weight.js';
import type {ObservedData} from '../passes/observed-data.js';
import {observes} from '../passes/observer.js';
import {withObserved} from '../passes/with-observed.js';
import type {GroupedWeight} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';
import {withPlainKernels} from './plain-kernels.js';
import type {ChannelTrace} from './trace/channel-trace.js';
import {unitScorer, type ScoredMembers, type UnitScorer} from './unit-scorer.js';
import {weightsOfUnits} from './unit-slices.js';

/** What units are scored by. */
export interface ScoreModelArgs extends ObservedData {
  readonly criterion: Criterion;
  readonly members: ScoredMembers;
}

/** What the units of a model are worth. */
export interface ScoredUnits {
  /** One for each unit of the model: -Infinity if it is gone, NaN if nothing says what it is worth. */
  readonly scores: Float64Array;
  /** For each unit the first kernel that makes it, or else the first of which it has slices. */
  readonly weightOf: ReadonlyMap<number, GroupedWeight>;
}

/**
 * Scores units of a model whose layers are all wrapped, by a criterion that sees the data first if it needs any.
 *
 * @param owner who asks, for messages.
 * @param units those that compete.
 * @throws TypeError or RangeError if the criterion does not score, or a score is NaN.
 */
export async function scoreModel(
  owner: string,
  model: Model,
  trace: ChannelTrace,
  units: ReadonlySet<number>,
  {criterion, members, ...data}: ScoreModelArgs,
): Promise<ScoredUnits> {
  const score = async (kernels: readonly PrunedWeight[]) => {
    const weights = groupedWeights(kernels);
    const sees = (i: number) => !criterion.observeInput || kernels[i]!.weight.seesInput;
    const scorer = unitScorer({model, trace, weights}, units, {criterion, members, sees});
    const scores = await scoreKernels(owner, kernels, scorer, criterion, data);
    return {scores, weightOf: weightsOfUnits(scorer.slices)};
  };
  const wrapped = placedWeights(model, prunableLayers(model));
  const needsWrapper = observes(criterion) || criterion.measure !== undefined;
  return needsWrapper ? score(wrapped) : withPlainKernels(model, trace, wrapped, score);
}

/** Shows the criterion those kernels alone that have a say. */
async function scoreKernels(
  owner: string,
  kernels: readonly PrunedWeight[],
  scorer: UnitScorer,
  criterion: Criterion,
  data: ObservedData,
): Promise<Float64Array> {
  const asked = kernels.filter((_, i) => scorer.scored[i]);
  const [first] = asked;
  const score = async (seen: readonly PrunedWeight[]) => {
    const known = new Map(seen.map(kernel => [kernel.weight, kernel]));
    const weights = await scoreWeights(
      kernels.map(kernel => known.get(kernel.weight) ?? kernel),
      {criterion},
      scorer,
    );
    for (const {layout, scores} of weights) expectScores(layout.name, scores);
    return scorer.score(
      weights.map(({scores}) => scores),
      criterion.reduction ?? 'mean',
    );
  };
  if (!first) return score(kernels);
  return withObserved(owner, first.model, asked, criterion, data, seen => withMeasured(seen, criterion, score));
}
