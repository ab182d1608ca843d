import * as tf from '@tensorflow/tfjs-core';
import type {LayerScores} from '../allocations/allocation.js';
import type {Criterion} from '../criteria/criterion.js';
import {notAMask} from '../parametrizations/mask-values.js';
import {countOf} from '../math/count-of.js';
import {received} from '../options/expect.js';
import {observes} from '../passes/observer.js';
import type {Grouping, WeightLayout} from '../structures/structure.js';
import {groupingOf} from './grouping.js';
import type {MaskRule} from './mask-rule.js';
import type {PrunedWeight} from './pruned-weight.js';
import {valuesOf, type ZeroCount} from './zero-count.js';

/** A sparsity, or what says it when the groups and their scores are known. */
export type Target = number | ((layers: readonly LayerScores[]) => number);

/** Does something with weights that a criterion has measured, where it measures them by itself. */
export async function withMeasured<W extends PrunedWeight, T>(
  pruned: readonly W[],
  criterion: Criterion,
  action: (measured: readonly W[]) => Promise<T>,
): Promise<T> {
  const [first] = pruned;
  if (!criterion.measure || !first) return action(pruned);
  const measures = await criterion.measure(
    first.model,
    pruned.map(({weight}) => weight),
  );
  try {
    return await action(pruned.map((one, i) => ({...one, observed: measures[i]})));
  } finally {
    tf.dispose(measures);
  }
}

/** What is chosen: which groups are kept, and so which weights. */
export interface Choices {
  readonly grouping: Grouping;
  /** What the allocation has decided on. */
  readonly layers: readonly LayerScores[];
  /** Which groups it keeps, for each of these. */
  readonly groups: readonly Uint8Array[];
  /** The mask of each weight. */
  readonly masks: readonly Uint8Array[];
  /** The zeros in each weight, with what was gone before. */
  readonly counts: readonly ZeroCount[];
}

/**
 * Chooses masks anew, as {@link updateMasks} does, but changes nothing.
 *
 * @throws what {@link updateMasks} throws.
 */
export async function chooseMasks(pruned: readonly PrunedWeight[], target: Target, rule: MaskRule): Promise<Choices> {
  return withMeasured(pruned, rule.criterion, measured => chooseByObserved(measured, target, rule));
}

async function chooseByObserved(pruned: readonly PrunedWeight[], target: Target, rule: MaskRule): Promise<Choices> {
  const grouping = groupingOf(rule.structure, pruned, rule.criterion);
  return chooseGroups(grouping, await scoreWeights(pruned, rule, grouping), target, rule);
}

/**
 * What a criterion makes of some weights, by what it has observed or measured of them.
 *
 * @param grouping which of them it is asked of, and what it is told of batch normalizations.
 * @throws RangeError if it goes by what it observes, and has seen no pass through a weight.
 */
export async function scoreWeights(
  pruned: readonly PrunedWeight[],
  {criterion, regrowth = false}: Pick<MaskRule, 'criterion' | 'regrowth'>,
  {scored, batchNormScale}: Pick<Grouping, 'scored' | 'batchNormScale'>,
): Promise<ScoredWeight[]> {
  const weights: ScoredWeight[] = [];
  for (const [i, {weight, name, unit, observed}] of pruned.entries()) {
    const layout = {...weight.layout, name};
    const isAsked = scored?.[i] ?? true;
    if (isAsked && observes(criterion) && !observed) throw unseen(name);
    const mask = regrowth ? undefined : await weight.maskValues();
    const score = () => {
      // What `keepDense` has left behind a mask is gone for a criterion, too.
      const value = regrowth ? weight.kernel.read() : weight.read();
      if (!isAsked) return tf.zerosLike(value);
      return criterion.score(value, observed, {
        layout,
        // Few ask for it.
        get batchNormScale() {
          return batchNormScale ? batchNormScale(i) : unit?.scale?.read();
        },
      });
    };
    weights.push(await scoreWeight(layout, mask, score));
  }
  return weights;
}

/** A weight, and what a criterion makes of it. */
export interface ScoredWeight {
  readonly layout: WeightLayout;
  /** The mask as it is, undefined where nothing is gone. */
  readonly mask: Float32Array | undefined;
  /** One for each weight; what is gone scores -Infinity, so that it falls first. */
  readonly scores: Float32Array;
}

/**
 * A weight with its scores.
 *
 * @param mask of the weights that are there, undefined where none is gone.
 * @throws TypeError or RangeError where the criterion returns what it should not, such as infinite scores of what is
 *     there.
 */
export async function scoreWeight(
  layout: WeightLayout,
  mask: Float32Array | undefined,
  score: () => tf.Tensor,
): Promise<ScoredWeight> {
  const scores = await scoresOf(layout, score);
  const areFinite = mask !== undefined && putGoneLast(scores, mask);
  if (!areFinite) expectFinite(layout.name, scores, mask);
  return {layout, mask, scores};
}

/**
 * What the allocation keeps of each weight.
 *
 * @throws TypeError where the structure or allocation returns what it should not; RangeError where a score is NaN,
 *     nothing would be left of a weight, or more is asked for than the structure can prune.
 */
export function chooseGroups(
  grouping: Grouping,
  weights: readonly ScoredWeight[],
  target: Target,
  {criterion, allocation}: Pick<MaskRule, 'criterion' | 'allocation'>,
): Choices {
  const layers = grouping.pool(
    weights.map(({scores}) => scores),
    criterion.reduction,
  );
  for (const {name, scores} of layers) expectScores(name, scores);
  const sparsity = typeof target === 'number' ? target : target(layers);
  const groups = allocation(layers, sparsity);
  const masks = grouping.spread(groups);
  layers.forEach((layer, i) => expectReachable(layer, groups[i]!, sparsity));
  return {grouping, layers, groups, masks, counts: weights.map((weight, i) => countKept(weight, masks[i]!))};
}

/**
 * A criterion's scores, downloaded. Adding 0 makes a tensor that is ours alone: a criterion may return one that it
 * keeps, or the kernel itself.
 */
async function scoresOf({name, shape}: WeightLayout, score: () => tf.Tensor): Promise<Float32Array> {
  const scores = tf.tidy(() => {
    const scored = score();
    if ((scored as unknown) instanceof tf.Tensor) return tf.add(scored, 0);
    throw new TypeError(`Expected the criterion to score "${name}" in a tensor, got ${received(scored)}`);
  });
  const values = await valuesOf(scores);
  scores.dispose();
  if (tf.util.arraysEqual(scores.shape, [...shape])) return values;
  throw new RangeError(
    `Expected the criterion to score "${name}" in its shape [${shape.join()}], got [${scores.shape.join()}]`,
  );
}

/** The error for a weight of which nothing was observed. */
export function unseen(name: string): RangeError {
  return new RangeError(
    `The criterion goes by what it observes in training or over data, but has seen no pass through "${name}" before this ` +
      'update; let the schedule begin at a later step, hand over data, or leave layers out that are frozen',
  );
}

/**
 * What is gone falls first, whatever its score.
 *
 * @returns whether all scores were finite. That they are is found out by the way, since there may be millions.
 */
function putGoneLast(scores: Float32Array, mask: Float32Array): boolean {
  const gone = -Infinity;
  let difference = 0; // NaN as soon as one is not
  for (let i = 0; i < scores.length; i++) {
    difference += scores[i]! - scores[i]!;
    if (mask[i] === 0) scores[i] = gone;
  }
  return difference === 0;
}

/**
 * Expects scores of single weights to be finite: -Infinity is for what is gone, Infinity for what a structure does not
 * let go. NaN is left to {@link expectScores}.
 *
 * @param mask of the weights that are there, undefined where none is gone.
 * @throws RangeError, with the weight's name, where one is not.
 */
export function expectFinite(name: string, scores: Float32Array, mask?: Float32Array): void {
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if ((score !== Infinity && score !== -Infinity) || mask?.[i] === 0) continue;
    throw new RangeError(
      `Expected the weights of "${name}" to have finite scores, got ${score} at index ${i} of ${scores.length}; a weight or ` +
        'gradient has grown beyond all bounds, or the criterion is wrong: to spare weights give them large scores, or leave layers ' +
        'out by `layers`. Nothing was changed',
    );
  }
}

/**
 * Expects pooled scores: floats without NaN.
 *
 * @throws RangeError, with the weight's name, where one is NaN.
 */
export function expectScores(name: string, scores: Float32Array): void {
  if (!(scores instanceof Float32Array)) {
    throw new TypeError(
      `Expected the structure to pool the scores of "${name}" into a Float32Array, got ${received(scores)}`,
    );
  }
  if (!scores.includes(NaN)) return;
  throw new RangeError(
    `Expected the weights of "${name}" to have numbers as scores, got NaN at index ${scores.findIndex(Number.isNaN)} of ` +
      `${scores.length}; training has diverged, or the criterion is wrong. Nothing was changed; restore a checkpoint and compile anew`,
  );
}

/**
 * Expects the mask that a structure has spread over a weight.
 *
 * @throws RangeError, with the weight's name, where it is of another kind or size.
 */
export function expectSpread(name: string, mask: Uint8Array, size: number): Uint8Array {
  if (mask instanceof Uint8Array && mask.length === size) return mask;
  throw new RangeError(
    `Expected the structure to spread ${size} mask values for "${name}" in a Uint8Array, got ${received(mask)}` +
      ` of length ${(mask as Partial<Uint8Array> | undefined)?.length}`,
  );
}

/** What must stay is kept, or more was asked for than there is. */
function expectReachable({name, scores}: LayerScores, groups: Uint8Array, sparsity: number): void {
  if (!scores.includes(Infinity) || !scores.some((score, i) => score === Infinity && groups[i] === 0)) return;
  const most = 1 - countOf(scores, Infinity) / scores.length;
  throw new RangeError(
    `Expected a sparsity that the structure can reach, got ${sparsity}: it prunes at most ${most} of "${name}"`,
  );
}

/** How many weights are kept that were there before: at least one. */
function countKept({layout: {name, shape}, mask: before}: ScoredWeight, kept: Uint8Array): ZeroCount {
  const size = tf.util.sizeFromShape([...shape]);
  expectSpread(name, kept, size);
  let ones = 0;
  for (let i = 0; i < size; i++) {
    if (kept[i]! > 1) throw notAMask(name, kept[i]!, i, 'its allocation or structure is wrong');
    ones += before ? kept[i]! * before[i]! : kept[i]!;
  }
  if (ones > 0) return {weights: size, zeros: size - ones};
  throw new RangeError(
    `Expected the allocation to keep something of "${name}", but all of its ${size} weights would go`,
  );
}
