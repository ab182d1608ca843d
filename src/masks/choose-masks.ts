import * as tf from '@tensorflow/tfjs-core';
import type {LayerScores} from '../allocations/allocation.js';
import type {Criterion} from '../criteria/criterion.js';
import {countOf} from '../math/count-of.js';
import {received} from '../math/expect.js';
import {observes} from '../passes/observer.js';
import type {WeightLayout} from '../structures/structure.js';
import type {MaskRule} from './mask-rule.js';
import type {PrunedWeight} from './pruned-weight.js';
import {notAMask, valuesOf, type ZeroCount} from './zero-count.js';

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

/** What is chosen for one weight: which of its groups are kept, and so which of its weights. */
export interface Choice extends LayerScores {
  readonly groups: Uint8Array;
  readonly kept: Uint8Array;
  readonly count: ZeroCount;
}

/**
 * Chooses masks anew, as {@link updateMasks} does, but changes nothing.
 *
 * @throws what {@link updateMasks} throws.
 */
export async function chooseMasks(pruned: readonly PrunedWeight[], target: Target, rule: MaskRule): Promise<Choice[]> {
  return withMeasured(pruned, rule.criterion, measured => chooseByObserved(measured, target, rule));
}

async function chooseByObserved(pruned: readonly PrunedWeight[], target: Target, rule: MaskRule): Promise<Choice[]> {
  const {criterion, regrowth = false} = rule;
  const layers: LayerScores[] = [];
  const before: (Float32Array | undefined)[] = [];
  for (const {weight, name, unit, observed} of pruned) {
    const layout = {...weight.layout, name};
    if (observes(criterion) && !observed) throw unseen(name);
    const mask = regrowth ? undefined : await valuesOf(weight.mask.read());
    const score = () =>
      // What `keepDense` has left behind a mask is gone for a criterion, too.
      criterion.score(regrowth ? weight.kernel.read() : weight.read(), observed, {
        layout,
        batchNormScale: unit?.scale?.read(),
      });
    layers.push(await layerScores(layout, mask, score, rule));
    before.push(mask);
  }
  return chooseGroups(layers, before, typeof target === 'number' ? target : target(layers), rule);
}

/**
 * The scores of a weight's groups.
 *
 * @param mask of the weights that are there; what is gone falls first, whatever its score. Undefined where none is gone.
 * @throws TypeError where the criterion or structure returns what it should not, RangeError where a score is NaN.
 */
export async function layerScores(
  layout: WeightLayout,
  mask: Float32Array | undefined,
  score: () => tf.Tensor,
  {criterion, structure}: Pick<MaskRule, 'criterion' | 'structure'>,
): Promise<LayerScores> {
  const scores = await scoresOf(layout, score);
  if (mask) putGoneLast(scores, mask);
  const pooled = structure.pool(scores, layout, criterion.reduction);
  expectScores(layout.name, pooled);
  return {name: layout.name, layout, scores: pooled};
}

/**
 * What the allocation keeps of each weight.
 *
 * @param before the masks as they are, undefined where nothing is gone.
 * @throws TypeError or RangeError where the structure or allocation returns what it should not, nothing would be left of a weight, or
 *     more is asked for than the structure can prune.
 */
export function chooseGroups(
  layers: readonly LayerScores[],
  before: readonly (Float32Array | undefined)[],
  sparsity: number,
  {structure, allocation}: Pick<MaskRule, 'structure' | 'allocation'>,
): Choice[] {
  const groups = allocation(layers, sparsity);
  return layers.map((layer, i) => {
    const kept = structure.spread(groups[i]!, layer.layout);
    return {...layer, groups: groups[i]!, kept, count: countKept(layer, groups[i]!, kept, before[i], sparsity)};
  });
}

/**
 * A criterion's scores, downloaded. Adding 0 makes a tensor that is ours alone: a criterion may return one that it keeps, or
 * the kernel itself.
 */
export async function scoresOf({name, shape}: WeightLayout, score: () => tf.Tensor): Promise<Float32Array> {
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

/** What is gone falls first, whatever its score. */
function putGoneLast(scores: Float32Array, mask: Float32Array): void {
  const gone = -Infinity;
  for (let i = 0; i < scores.length; i++) if (mask[i] === 0) scores[i] = gone;
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

/** How many weights are kept that were there before: at least one, and all that must stay. */
function countKept(
  {name, layout, scores}: LayerScores,
  groups: Uint8Array,
  kept: Uint8Array,
  before: Float32Array | undefined,
  sparsity: number,
): ZeroCount {
  const size = tf.util.sizeFromShape([...layout.shape]);
  expectSpread(name, kept, size);
  if (scores.includes(Infinity) && scores.some((score, i) => score === Infinity && groups[i] === 0)) {
    const most = 1 - countOf(scores, Infinity) / scores.length;
    throw new RangeError(
      `Expected a sparsity that the structure can reach, got ${sparsity}: it prunes at most ${most} of "${name}"`,
    );
  }
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
