import * as tf from '@tensorflow/tfjs-core';
import type {LayerScores} from '../allocations/allocation.js';
import type {Criterion} from '../criteria/criterion.js';
import {chosenLayers} from '../layers/chosen-layers.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import type {PlacedPrunableLayer} from '../layers/model-layers.js';
import {unitVectors, withoutGoneUnits, type UnitVectors} from '../layers/whole-units.js';
import type {MaskRuleArgs} from './mask-rule.js';
import {countOf} from '../math/count-of.js';
import {received} from '../math/expect.js';
import {observes} from '../passes/observer.js';
import type {WeightLayout} from '../structures/structure.js';
import {assign, type Model} from '../tfjs-internals.js';

/** How masks are chosen, and what becomes of the kernels. */
export interface MaskRule extends Required<MaskRuleArgs> {
  /** Whether pruned weights compete again at each update, with the dense kernels that live on. */
  readonly regrowth?: boolean;
  /** Whether masks alone are changed: what they mask stays in the kernels, and in what belongs to whole units. */
  readonly keepDense?: boolean;
}

/** A sparsity, or what says it when the groups and their scores are known. */
export type Target = number | ((layers: readonly LayerScores[]) => number);

/** How many of the weights are zero. */
export interface ZeroCount {
  readonly weights: number;
  readonly zeros: number;
}

/** A masked weight, and what goes with it. */
export interface PrunedWeight {
  /** Its name, behind those of the models that its layer is nested in: `base/conv1/kernel`. */
  readonly name: string;
  readonly weight: MaskedWeight;
  /** The model that it is part of. */
  readonly model: Model;
  /** What belongs to its outputs; undefined where those are not the layer's. */
  readonly unit?: UnitVectors | undefined;
  /** What the criterion has observed of it: the sum, which stays the caller's. */
  readonly observed?: tf.Tensor | undefined;
}

/**
 * The masked weights of the layers that a selector chooses; see {@link chosenLayers} for those of none and for the errors.
 */
export function prunedWeights(owner: string, model: Model, selector: LayerSelector | undefined): PrunedWeight[] {
  return placedWeights(model, chosenLayers(owner, model, selector));
}

/** The masked weights of some of a model's layers. */
export function placedWeights(model: Model, layers: readonly PlacedPrunableLayer[]): PrunedWeight[] {
  const units = unitVectors(model);
  return layers.flatMap(({layer, within}) =>
    layer.maskedWeights.map(weight => ({weight, model, name: within + weight.name, unit: units.get(weight)})),
  );
}

/**
 * Chooses the masks anew and puts them in place, all or none: whatever goes wrong, it does so before anything is changed.
 *
 * @param target the sparsity, or what says it when the groups and their scores are known.
 * @returns the zeros among the given weights afterwards.
 * @throws TypeError where the criterion, structure or allocation returns what it should not; RangeError where a score is NaN, the criterion goes by what it observes and has seen no pass, a mask holds something else than 0 and 1, nothing would be left of a weight, or
 *     more is asked for than the structure can prune.
 */
export async function updateMasks(pruned: readonly PrunedWeight[], target: Target, rule: MaskRule): Promise<ZeroCount> {
  const {structure, regrowth = false, keepDense = false} = rule;
  const choices = await chooseMasks(pruned, target, rule);
  tf.tidy(() => {
    const masks = choices.map(({kept, layout}) => maskOf(kept, layout));
    const isDense = (i: number) => choices[i]!.count.zeros === 0;
    if (regrowth) {
      pruned.forEach(({weight}, i) => weight.setMask(masks[i]!, {isDense: isDense(i)}));
      return;
    }
    // What is gone stays gone, also where the target is lower than what is there.
    const shrunk = pruned.map(({weight}, i) => tf.mul(masks[i]!, weight.mask.read()));
    const kernels = keepDense ? [] : pruned.map(({weight}, i) => tf.mul(weight.kernel.read(), shrunk[i]!));
    const vectors =
      structure.wholeUnits && !keepDense
        ? pruned.flatMap(({weight, unit}, i) => (unit ? withoutGoneUnits(weight, shrunk[i]!, unit) : []))
        : [];
    pruned.forEach(({weight}, i) => {
      weight.setMask(shrunk[i]!, {isDense: isDense(i), maskedKernel: kernels[i]});
    });
    for (const [vector, value] of vectors) assign(vector, value);
  });
  return total(choices.map(({count}) => count));
}

/**
 * Zeroes what masks of that sparsity would, once and in the kernels alone: no mask is set, and training can bring all of it back.
 *
 * @returns the zeros among the given weights afterwards.
 * @throws what {@link chooseMasks} throws.
 */
export async function zeroSoftly(
  pruned: readonly PrunedWeight[],
  sparsity: number,
  rule: MaskRule,
): Promise<ZeroCount> {
  const choices = await chooseMasks(pruned, sparsity, rule);
  tf.tidy(() => {
    const kernels = pruned.map(({weight}, i) => {
      return tf.mul(weight.kernel.read(), maskOf(choices[i]!.kept, choices[i]!.layout));
    });
    pruned.forEach(({weight}, i) => assign(weight.kernel, kernels[i]!));
  });
  return total(choices.map(({count}) => count));
}

/** Does something with weights that a criterion has measured, where it measures them by itself. */
async function withMeasured<T>(
  pruned: readonly PrunedWeight[],
  criterion: Criterion,
  action: (measured: readonly PrunedWeight[]) => Promise<T>,
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
 * Counts the zeros in the masks as they are.
 *
 * @throws RangeError where a mask holds something else than 0 and 1, as it does in a file that is damaged.
 */
export async function countMasked(weights: readonly MaskedWeight[]): Promise<ZeroCount> {
  const counts: ZeroCount[] = [];
  for (const {name, mask} of weights) {
    const values = await valuesOf(mask.read());
    let ones = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== 0 && value !== 1) throw notAMask(name, value, i, 'the file that it came from is damaged');
      ones += value;
    }
    counts.push({weights: values.length, zeros: values.length - ones});
  }
  return total(counts);
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

export function notAMask(name: string, value: number, index: number, cause: string): RangeError {
  return new RangeError(
    `Expected the mask of "${name}" to hold only 0 and 1, got ${value} at index ${index}; ${cause}`,
  );
}

export async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  return (await tensor.data()) as Float32Array;
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

/** Bytes are a fourth of what floats would copy. Adding 0 gives floats of their own: a cast on the cpu backend shares bytes. */
export function maskOf(kept: Uint8Array, {shape}: WeightLayout): tf.Tensor {
  return tf.add(tf.cast(tf.tensor(kept, [...shape], 'bool'), 'float32'), 0);
}

function total(counts: readonly ZeroCount[]): ZeroCount {
  return counts.reduce((sum, {weights, zeros}) => ({weights: sum.weights + weights, zeros: sum.zeros + zeros}), {
    weights: 0,
    zeros: 0,
  });
}
