import * as tf from '@tensorflow/tfjs-core';
import type {Allocation, LayerScores} from './allocations/allocation.js';
import type {Criterion} from './criteria/criterion.js';
import type {MaskedWeight} from './layers/masked-weight.js';
import {received} from './math/expect.js';
import type {Structure} from './structures/structure.js';

/** How masks are chosen: the answers to the field's questions, each a plug. */
export interface MaskRule {
  readonly criterion: Criterion;
  readonly structure: Structure;
  readonly allocation: Allocation;
  /** Whether pruned weights compete again at each update, with the dense kernels that live on. */
  readonly regrowth: boolean;
}

/** How many of the weights are zero. */
export interface ZeroCount {
  readonly weights: number;
  readonly zeros: number;
}

/**
 * Chooses the masks anew and puts them in place, all or none: whatever goes wrong, it does so before anything is changed.
 *
 * @returns the zeros among the given weights afterwards.
 * @throws RangeError where a score is NaN or a mask holds something else than 0 and 1.
 */
export async function updateMasks(
  weights: readonly MaskedWeight[],
  sparsity: number,
  {criterion, structure, allocation, regrowth}: MaskRule,
): Promise<ZeroCount> {
  const layers: LayerScores[] = [];
  const before: (Float32Array | undefined)[] = [];
  for (const weight of weights) {
    const scores = structure.pool(await scoresOf(weight, criterion), weight.layout);
    const mask = regrowth ? undefined : await valuesOf(weight.mask.read());
    if (mask) putGoneLast(scores, structure.pool(mask, weight.layout));
    expectScores(weight.name, scores);
    layers.push({name: weight.name, scores});
    before.push(mask);
  }
  const kept = allocation(layers, sparsity).map((groups, i) => structure.spread(groups, weights[i]!.layout));
  const counts = weights.map((weight, i) => countKept(weight, kept[i]!, before[i]));
  tf.tidy(() => {
    const masks = weights.map((weight, i) => maskOf(weight, kept[i]!, regrowth));
    const kernels = masks.map((mask, i) => (regrowth ? undefined : tf.mul(weights[i]!.kernel.read(), mask)));
    weights.forEach((weight, i) => {
      weight.setMask(masks[i]!, {isDense: counts[i]!.zeros === 0, maskedKernel: kernels[i]});
    });
  });
  return total(counts);
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

/** Adding 0 makes a tensor that is ours alone: a criterion may return one that it keeps, or the kernel itself. */
async function scoresOf({name, kernel}: MaskedWeight, criterion: Criterion): Promise<Float32Array> {
  const scores = tf.tidy(() => tf.add(criterion.score(kernel.read()), 0));
  const values = await valuesOf(scores);
  scores.dispose();
  if (tf.util.arraysEqual(scores.shape, kernel.shape as number[])) return values;
  throw new RangeError(
    `Expected the criterion to score "${name}" in its shape [${kernel.shape.join()}], got [${scores.shape.join()}]`,
  );
}

function notAMask(name: string, value: number, index: number, cause: string): RangeError {
  return new RangeError(
    `Expected the mask of "${name}" to hold only 0 and 1, got ${value} at index ${index}; ${cause}`,
  );
}

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  return (await tensor.data()) as Float32Array;
}

/** What is gone falls first, whatever its score: a group of which the mask has kept nothing. */
function putGoneLast(scores: Float32Array, pooledMask: Float32Array): void {
  for (let i = 0; i < scores.length; i++) if (pooledMask[i] === 0) scores[i] = -Infinity;
}

function expectScores(name: string, scores: Float32Array): void {
  if (!ArrayBuffer.isView(scores)) {
    throw new TypeError(
      `Expected the structure to pool the scores of "${name}" into a Float32Array, got ${received(scores)}`,
    );
  }
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isNaN(scores[i])) continue;
    throw new RangeError(
      `Expected the weights of "${name}" to have numbers as scores, got NaN at index ${i} of ${scores.length}; ` +
        'training has diverged, or the criterion is wrong. Nothing was changed; restore a checkpoint and compile anew',
    );
  }
}

/** How many weights are kept that were there before, and at least one. */
function countKept({name, kernel}: MaskedWeight, kept: Uint8Array, before: Float32Array | undefined): ZeroCount {
  const {size} = kernel.read();
  if (!(kept instanceof Uint8Array) || kept.length !== size) {
    throw new RangeError(
      `Expected the structure to spread ${size} mask values for "${name}" in a Uint8Array, got ${received(kept)}` +
        ` of length ${(kept as Partial<Uint8Array> | undefined)?.length}`,
    );
  }
  let ones = 0;
  for (let i = 0; i < size; i++) {
    if (kept[i]! > 1) throw notAMask(name, kept[i]!, i, 'its allocation or structure is wrong');
    ones += kept[i]!;
  }
  if (before) for (let i = 0; i < size; i++) ones -= kept[i]! * (1 - before[i]!);
  if (ones > 0) return {weights: size, zeros: size - ones};
  throw new RangeError(
    `Expected the allocation to keep something of "${name}", but all of its ${size} weights would go`,
  );
}

/**
 * The mask as a tensor. Without regrowth what is gone stays gone, also where the target is lower than what is there. Bytes
 * are a fourth of what floats would copy; adding 0 gives floats of their own, since a cast on the cpu backend shares them.
 */
function maskOf({layout, mask}: MaskedWeight, kept: Uint8Array, regrowth: boolean): tf.Tensor {
  const floats = tf.add(tf.cast(tf.tensor(kept, [...layout.shape], 'bool'), 'float32'), 0);
  return regrowth ? floats : tf.mul(floats, mask.read());
}

function total(counts: readonly ZeroCount[]): ZeroCount {
  return counts.reduce((sum, {weights, zeros}) => ({weights: sum.weights + weights, zeros: sum.zeros + zeros}), {
    weights: 0,
    zeros: 0,
  });
}
