import * as tf from '@tensorflow/tfjs-core';
import {expectSparsity} from '../options/expect.js';
import {boolean} from '../options/option.js';
import {expectAbsent, read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {EvidenceSource} from '../passes/evidence.js';
import {withEvidence} from '../passes/with-evidence.js';
import type {Grouping, WeightLayout} from '../structures/structure.js';
import {assign} from '../tfjs-internals.js';
import {chooseMasks, sceneOf, type Choices, type Seen, type Target} from './choose-masks.js';
import {MASK_RULE, type MaskRule} from './mask-rule.js';
import type {PlacedWeight} from './placed-weights.js';
import {total, type ZeroCount} from './zero-count.js';

const OPTIONS = {
  /**
   * Whether masked weights compete again, with their values in the kernels. Defaults to false: masked weights stay
   * masked, and kernels are zero there.
   */
  regrowth: boolean(false),
  /**
   * Whether only the masks change: kernels, and the vectors of whole units, keep their values. Defaults to false.
   */
  keepDense: boolean(false),
};

/** Options of {@link updateMasks}. */
export type UpdateMasksArgs = Args<typeof MASK_RULE & typeof OPTIONS>;

/**
 * Chooses new masks of some weights and puts them in place: what most methods do at an update. All or nothing: if it
 * throws, nothing was changed.
 *
 * @param pruned the weights that are pruned together, all of one model, as a {@link Method} gets them.
 * @param target the fraction of groups that are zero afterwards, in [0, 1); or a function that returns it, of the
 *     layers and the scores of their groups.
 * @param args which weights, in which groups, and what happens to those that are masked.
 * @param seen the evidence for a criterion of gradients or inputs: the `seen` that a {@link Method} gets, or data.
 * @returns the zeros among the given weights afterwards.
 * @throws TypeError if an option is unknown or wrong, or the criterion, structure or allocation returns a wrong value;
 *     RangeError if a score is NaN, the criterion has observed nothing that it needs, a mask holds anything but
 *     0 and 1, nothing would be left of a weight, or the structure can't prune that much.
 *
 * @example
 * const atStep = ({step, weights}) => updateMasks(weights, Math.min(0.1 * step, 0.9), {criterion: magnitude()});
 */
export async function updateMasks(
  pruned: readonly PlacedWeight[],
  target: Target,
  args: UpdateMasksArgs = {},
  seen: EvidenceSource = {},
): Promise<ZeroCount> {
  const rule = read('updateMasks', args, {...MASK_RULE, ...OPTIONS});
  if (rule.regrowth && rule.keepDense) {
    expectAbsent('updateMasks', args, ['keepDense'], 'with `regrowth: true`: that changes masks alone');
  }
  if (typeof target !== 'function') expectSparsity('sparsity', target);
  const scene = sceneOf(pruned);
  return withEvidence(rule.criterion, scene, seen, gathered => renewMasks(pruned, target, rule, {gathered}));
}

/** The same by a rule that is checked already, without data: so a page that prunes in `fit` loads nothing for them. */
export async function renewMasks(
  pruned: readonly PlacedWeight[],
  target: Target,
  rule: MaskRule,
  seen?: Seen,
): Promise<ZeroCount> {
  return putInPlace(pruned, await chooseMasks(pruned, target, rule, seen), rule);
}

/**
 * Puts chosen masks in place, all or none.
 *
 * @returns the zeros among the given weights afterwards.
 */
export function putInPlace(
  pruned: readonly PlacedWeight[],
  {grouping, masks: kept, counts}: Choices,
  {regrowth = false, keepDense = false}: Pick<MaskRule, 'regrowth' | 'keepDense'>,
): ZeroCount {
  tf.tidy(() => {
    const masks = pruned.map(({weight}, i) => maskOf(kept[i]!, weight.layout));
    const isDense = (i: number) => counts[i]!.zeros === 0;
    if (regrowth) {
      pruned.forEach(({weight}, i) => weight.setMask(masks[i]!, {isDense: isDense(i)}));
      return;
    }
    addMasks(pruned, masks, {isDense, keepDense, withoutGone: gone => grouping.withoutGone?.(gone) ?? []});
  });
  return total(counts);
}

/** How {@link addMasks} changes weights. */
export interface AddMasksArgs {
  /** Computes the new values of the vectors that belong to whole units. */
  readonly withoutGone: NonNullable<Grouping['withoutGone']>;
  /** Whether nothing of a weight is masked afterwards. */
  readonly isDense?: (weight: number) => boolean;
  /** Whether only the masks change. Defaults to false. */
  readonly keepDense?: boolean;
}

/** Masks what is 0 in the given masks, in addition to what is already masked. Call it in a tidy. */
export function addMasks(
  pruned: readonly PlacedWeight[],
  masks: readonly tf.Tensor[],
  {isDense = () => false, keepDense = false, withoutGone}: AddMasksArgs,
): void {
  const shrunk = pruned.map(({weight}, i) => tf.mul(masks[i]!, weight.mask.read()));
  const kernels = keepDense ? [] : pruned.map(({weight}, i) => tf.mul(weight.kernel.read(), shrunk[i]!));
  const vectors = keepDense ? [] : withoutGone(shrunk);
  pruned.forEach(({weight}, i) => {
    weight.setMask(shrunk[i]!, {isDense: isDense(i), maskedKernel: kernels[i]});
  });
  for (const [vector, value] of vectors) assign(vector, value);
}

/**
 * Zeroes what masks of this sparsity would zero, once and only in the kernels. No mask is set, so training can bring
 * all of it back.
 *
 * @returns the zeros among the given weights afterwards.
 * @throws what {@link chooseMasks} throws.
 */
export async function zeroSoftly(
  pruned: readonly PlacedWeight[],
  sparsity: number,
  rule: MaskRule,
  seen?: Seen,
): Promise<ZeroCount> {
  const {masks, counts} = await chooseMasks(pruned, sparsity, rule, seen);
  tf.tidy(() => {
    const kernels = pruned.map(({weight}, i) => tf.mul(weight.kernel.read(), maskOf(masks[i]!, weight.layout)));
    pruned.forEach(({weight}, i) => assign(weight.kernel, kernels[i]!));
  });
  return total(counts);
}

/**
 * A mask as a tensor. Bytes take a quarter of the time that floats take to copy. Adding 0 makes floats of their own: a
 * cast on the cpu backend shares the bytes.
 */
export function maskOf(kept: Uint8Array, {shape}: WeightLayout): tf.Tensor {
  return tf.add(tf.cast(tf.tensor(kept, [...shape], 'bool'), 'float32'), 0);
}
