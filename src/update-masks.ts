import * as tf from '@tensorflow/tfjs-core';
import type {Allocation, LayerScores} from './allocations/allocation.js';
import type {Criterion} from './criteria/criterion.js';
import type {MaskedWeight} from './layers/masked-weight.js';
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
  for (const weight of weights) {
    const scores = structure.pool(await scoresOf(weight, criterion), weight.layout);
    const kept = regrowth ? undefined : structure.pool(await valuesOf(weight.mask.read()), weight.layout);
    layers.push({name: weight.name, scores: kept ? withGoneLast(scores, kept) : scores});
  }
  const masks = allocation(layers, sparsity).map(
    (kept, i) => new Float32Array(structure.spread(kept, weights[i]!.layout)),
  );
  const counts = masks.map(mask => ({weights: mask.length, zeros: countZeros(mask)}));
  tf.tidy(() => {
    const tensors = masks.map((mask, i) => tf.tensor(mask, [...weights[i]!.layout.shape]));
    weights.forEach((weight, i) => {
      weight.setMask(tensors[i]!, {isDense: counts[i]!.zeros === 0});
      if (!regrowth) weight.project();
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
    const bad = values.findIndex(value => value !== 0 && value !== 1);
    if (bad >= 0) {
      throw new RangeError(
        `Expected the mask of "${name}" to hold only 0 and 1, got ${values[bad]} at index ${bad}; ` +
          'the file that it came from is damaged',
      );
    }
    counts.push({weights: values.length, zeros: countZeros(values)});
  }
  return total(counts);
}

async function scoresOf(weight: MaskedWeight, criterion: Criterion): Promise<Float32Array> {
  const scores = tf.tidy(() => tf.clone(criterion.score(weight.kernel.read(), undefined)));
  const values = await valuesOf(scores);
  scores.dispose();
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    throw new RangeError(
      `Expected the weights of "${weight.name}" to have numbers as scores, got NaN at index ${i} of ${values.length}; ` +
        'training has diverged, or the criterion is wrong: masks and weights were left as they are',
    );
  }
  return values;
}

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  return (await tensor.data()) as Float32Array;
}

/** Without regrowth what is gone stays gone: its groups fall first, whatever the criterion thinks of them. */
function withGoneLast(scores: Float32Array, kept: Float32Array): Float32Array {
  const ranked = new Float32Array(scores.length);
  for (let i = 0; i < scores.length; i++) ranked[i] = kept[i] === 0 ? -Infinity : scores[i]!;
  return ranked;
}

function countZeros(mask: Float32Array): number {
  let zeros = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] === 0) zeros++;
  return zeros;
}

function total(counts: readonly ZeroCount[]): ZeroCount {
  return counts.reduce((sum, {weights, zeros}) => ({weights: sum.weights + weights, zeros: sum.zeros + zeros}), {
    weights: 0,
    zeros: 0,
  });
}
