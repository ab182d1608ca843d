import {sizeOf} from '../math/size-of.js';
import {notAMask} from '../parametrizations/mask-values.js';
import type {EvidenceSource} from '../passes/evidence.js';
import {withMeasured, type Scene} from '../passes/with-measured.js';
import type {Grouping, LayerScores} from '../structures/structure.js';
import {expectReachable, expectScores, expectSpread} from './expect-groups.js';
import {groupingOf} from './grouping.js';
import type {MaskRule} from './mask-rule.js';
import type {PlacedWeight} from './placed-weights.js';
import type {WeightScores} from './score-weight.js';
import {scoreWeights, type AfterWeight} from './score-weights.js';
import type {ZeroCount} from './zero-count.js';

/**
 * A sparsity, or a function that returns it when the groups of the layers and their scores are known.
 *
 * @inline
 */
export type Target = number | ((layers: readonly LayerScores[]) => number);

/** What a criterion has seen. */
export type Seen = Pick<EvidenceSource, 'gathered'>;

/** What is chosen: which groups are kept, and so which weights. */
export interface Choices {
  readonly grouping: Grouping;
  /** What the allocation decided on. */
  readonly layers: readonly LayerScores[];
  /** Which groups of each of these it keeps. */
  readonly groups: readonly Uint8Array[];
  /** The mask of each weight. */
  readonly masks: readonly Uint8Array[];
  /** The zeros in each weight, including those that were masked before. */
  readonly counts: readonly ZeroCount[];
}

/**
 * Chooses new masks, as {@link updateMasks} does, but changes nothing.
 *
 * @param afterWeight is awaited after each weight that is scored.
 * @throws what {@link updateMasks} throws.
 */
export async function chooseMasks(
  pruned: readonly PlacedWeight[],
  target: Target,
  rule: MaskRule,
  {gathered}: Seen = {},
  afterWeight?: AfterWeight,
): Promise<Choices> {
  return withMeasured(rule.criterion, sceneOf(pruned), gathered, async evidence => {
    const grouping = groupingOf(rule.structure, pruned, rule.criterion);
    const scores = await scoreWeights(pruned, rule, grouping, evidence, afterWeight);
    return chooseGroups(grouping, scores, target, rule);
  });
}

/** Where evidence about weights is gathered. */
export function sceneOf(pruned: readonly PlacedWeight[]): Scene {
  return {model: pruned[0]!.model, weights: pruned.map(({weight}) => weight)};
}

/**
 * Chooses what the allocation keeps of each weight.
 *
 * @throws TypeError if the structure or allocation returns a wrong value; RangeError if a score is NaN, nothing
 *     would be left of a weight, or more is asked for than the structure can prune.
 */
export function chooseGroups(
  grouping: Grouping,
  weights: readonly WeightScores[],
  target: Target,
  {allocation}: Pick<MaskRule, 'allocation'>,
): Choices {
  const layers = grouping.pool(weights.map(({scores}) => scores));
  for (const {name, scores} of layers) expectScores(name, scores);
  const sparsity = typeof target === 'number' ? target : target(layers);
  const groups = allocation(layers, sparsity);
  const masks = grouping.spread(groups);
  layers.forEach((layer, i) => expectReachable(layer, groups[i]!, sparsity));
  return {grouping, layers, groups, masks, counts: weights.map((weight, i) => countKept(weight, masks[i]!))};
}

/** Counts what is kept and was not masked before: at least one weight. */
function countKept({layout: {name, shape}, mask: before}: WeightScores, kept: Uint8Array): ZeroCount {
  const size = sizeOf(shape);
  expectSpread(name, kept, size);
  let ones = 0;
  for (let i = 0; i < size; i++) {
    if (kept[i]! > 1) throw notAMask(name, kept[i]!, i, 'its allocation or structure is wrong');
    ones += before ? kept[i]! * before[i]! : kept[i]!;
  }
  if (ones > 0) return {weights: size, zeros: size - ones};
  throw new RangeError(
    `Expected the allocation to keep something of "${name}", but it would prune all of its ${size} weights`,
  );
}
