import sumBy from 'lodash/sumBy.js';
import {LIMITS} from '../../allocations/limits.js';
import {layerSelector} from '../../layers/layer-selector.js';
import {expectModel, prunableLayers} from '../../layers/model-layers.js';
import {prunable} from '../../layers/prunable.js';
import {rebuild} from '../../layers/rebuild.js';
import {serialized} from '../../layers/layer-config.js';
import {chooseGroups} from '../../masks/choose-masks.js';
import {groupingOf} from '../../masks/grouping.js';
import {SCORING, type MaskRule} from '../../masks/mask-rule.js';
import {chosenWeights, placedWeights, type PlacedWeight} from '../../masks/placed-weights.js';
import {scoreWeights} from '../../masks/score-weights.js';
import type {WeightScores} from '../../masks/score-weight.js';
import {putInPlace} from '../../masks/update-masks.js';
import {keepLargest} from '../../math/keep-largest.js';
import {roundHalfEven} from '../../math/round-half-even.js';
import type {Bounds} from '../../math/share-out.js';
import {option, sparsity} from '../../options/option.js';
import {read} from '../../options/read.js';
import type {Args, Values} from '../../options/table.js';
import {expectDataFor, expectObservedData, OBSERVED_DATA} from '../../passes/observed-data.js';
import {withEvidence} from '../../passes/with-evidence.js';
import {kernelPositions} from '../../report/kernel-positions.js';
import {expectWithinWeights} from '../../structures/each-weight.js';
import type {LayerScores} from '../../structures/structure.js';
import {carryTraining} from '../../surgery/cut/carry-training.js';
import {disposeWholly, lossFunctionsOf, type Model} from '../../tfjs-internals.js';
import type {LongWork} from '../../display/long-work.js';
import type {SearchedLayer} from '../policies/policy.js';
import {countOfChoice, type Choice, type SearchSpace, type Terrain} from './space.js';
import {boundsOfLayers, expectBounds} from './weight-bounds.js';
import {layerShape} from './layer-shape.js';

const TARGETS = {
  /** The fraction of the groups of all layers together that is zero, in [0, 1). */
  sparsity: sparsity(),
};

/** The target of a search over weights. */
export type WeightTarget = Args<typeof TARGETS>;

const OPTIONS = {
  /** Which wrapped layers to search, of a wrapped model; of another, any. Defaults to all trainable ones. */
  layers: layerSelector(),
  /** Exceptions for single layers, by the name of a layer or weight: a sparsity, or bounds. */
  perLayer: option(expectBounds, () => ({})),
};

const ALL = {...SCORING, ...LIMITS, ...OPTIONS, ...OBSERVED_DATA};

/** Options of {@link weightSpace}. */
export type WeightSpaceArgs = Args<typeof SCORING & typeof LIMITS & typeof OPTIONS & typeof OBSERVED_DATA>;

/** What a search over weights returns besides the rates. */
export interface SearchedSparsity {
  /** The largest of the rates: the `sparsity` at which `perLayer(rates)` gives each layer its own. */
  readonly sparsity: number;
}

/**
 * Searches the sparsity of each weight tensor: single weights, or groups within one tensor. Which of them go is decided
 * by a criterion. The rates go into `perLayer`, with the `sparsity` of the result.
 *
 * Pruned copies are wrapped models with masks.
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; when the search begins, what `pruneOnce` throws.
 *
 * @example
 * const space = weightSpace({layers: /conv/, perLayer: {conv1: {maxSparsity: 0.5}}});
 * const {rates, sparsity} = await searchRates(model, {target: {sparsity: 0.9}, score, policy: evolution(), space});
 * await pruneOnce(prunable(model), {sparsity, allocation: perLayer(rates)});
 */
export function weightSpace(args: WeightSpaceArgs = {}): SearchSpace<WeightTarget, SearchedSparsity> {
  const options = read('weightSpace', args, ALL);
  expectWithinWeights('weightSpace', options.structure);
  expectObservedData(options);
  expectDataFor('weightSpace', options.criterion, options);
  return {
    name: 'weights',
    expectTarget: target => read('target', target, TARGETS, 'target.'),
    open: (model, target, work, action) =>
      withWrapped(model, async wrapped => {
        const scored = await scoredWeights(model, wrapped, options, work);
        return action(terrainOf(model, scored, options, target['sparsity']!));
      }),
  };
}

/** A model whose weights were scored. */
interface ScoredWeights {
  readonly wrapped: Model;
  readonly weights: readonly PlacedWeight[];
  readonly scores: readonly WeightScores[];
  /** The groups of each weight. */
  readonly lists: readonly LayerScores[];
}

type Options = Values<typeof ALL>;

/** A criterion needs wrapped layers: runs the action with the model if it has some, or else with a wrapped copy. */
async function withWrapped<T>(model: Model, action: (wrapped: Model) => Promise<T>): Promise<T> {
  if (prunableLayers(expectModel('searchRates', model)).length > 0) return action(model);
  const copy = prunable(model);
  try {
    return await action(copy);
  } finally {
    disposeWholly(copy);
  }
}

async function scoredWeights(model: Model, wrapped: Model, options: Options, work: LongWork): Promise<ScoredWeights> {
  const {criterion, structure, layers, data, batchSize} = options;
  const weights = chosenWeights('searchRates', wrapped, layers);
  const pause = () => work.pause();
  const scene = {model: wrapped, weights: weights.map(({weight}) => weight), afterBatch: pause};
  const losses = lossFunctionsOf(model);
  const loss = options.loss ?? (losses && [...losses]);
  return withEvidence(criterion, scene, {data, batchSize, loss}, async evidence => {
    const grouping = groupingOf(structure, weights, criterion);
    const scores = await scoreWeights(weights, {criterion}, grouping, evidence, pause);
    return {wrapped, weights, scores, lists: grouping.pool(scores.map(each => each.scores))};
  });
}

function terrainOf(model: Model, scored: ScoredWeights, options: Options, sparsity: number): Terrain<SearchedSparsity> {
  const {lists} = scored;
  const bounds = boundsOfLayers(lists, options);
  const size = sumBy(lists, 'scores.length');
  const wanted = roundHalfEven(size * sparsity);
  const zeros = (choice: Choice) => sumBy([...choice], countOfChoice);
  const rates = (choice: Choice) => choice.map((gone, i) => countOfChoice(gone) / lists[i]!.scores.length);
  return {
    layers: layersOf(scored, bounds),
    takesGroups: false,
    isMeasured: false,
    halvings: Infinity,
    achieved: choice => Promise.resolve([zeros(choice)]),
    load: ([gone]) => 1 + (wanted - gone!) / size,
    missed: choice =>
      zeros(choice) >= wanted ? undefined : `${zeros(choice)} of the ${wanted} groups that were to go can`,
    cost: choice => size - zeros(choice),
    copy: choice => Promise.resolve(prunedCopy(model, scored, options, choice.map(countOfChoice))),
    result: choice => ({sparsity: Math.max(...rates(choice))}),
  };
}

function layersOf({wrapped, weights, lists}: ScoredWeights, bounds: readonly Bounds[]): SearchedLayer[] {
  const {positions} = kernelPositions(wrapped);
  return lists.map(({name, scores, layout}, i) => ({
    name,
    size: scores.length,
    least: bounds[i]!.least / scores.length,
    most: bounds[i]!.most / scores.length,
    scores: scores.slice().sort(),
    shape: layerShape(layout, positions.get(weights[i]!.kernel.id)),
  }));
}

/** A copy of the model, wrapped, in which the worst groups of each weight are masked. */
function prunedCopy(
  model: Model,
  {weights, scores, lists}: ScoredWeights,
  {structure, criterion}: Pick<MaskRule, 'structure' | 'criterion'>,
  counts: readonly number[],
): Model {
  const copy = wrappedCopy(model);
  try {
    const names = new Set(weights.map(({name}) => name));
    const own = placedWeights(copy, prunableLayers(copy)).filter(({name}) => names.has(name));
    const kept = lists.map((list, i) => keepLargest(list.scores, list.scores.length - counts[i]!));
    const grouping = groupingOf(structure, own, criterion);
    putInPlace(own, chooseGroups(grouping, scores, 0, {allocation: () => kept}), {});
    carryTraining(model, copy, (_, value) => value, new Map());
    return copy;
  } catch (error) {
    disposeWholly(copy);
    throw error;
  }
}

function wrappedCopy(model: Model): Model {
  return prunableLayers(model).length > 0 ? rebuild(model, serialized) : prunable(model);
}
