import {countOf} from '../math/count-of.js';
import {received} from '../options/expect.js';
import type {LayerScores} from '../structures/structure.js';

/**
 * Expects pooled scores: floats without NaN.
 *
 * @throws TypeError or RangeError, with the weight's name, if they are not.
 */
export function expectScores(name: string, scores: Float32Array): void {
  if (!(scores instanceof Float32Array)) {
    throw new TypeError(
      `Expected the structure to pool the scores of "${name}" into a Float32Array, got ${received(scores)}`,
    );
  }
  if (!scores.includes(NaN)) return;
  throw new RangeError(
    `Expected the weights of "${name}" to have numbers as scores, got NaN at index ` +
      `${scores.findIndex(Number.isNaN)} of ${scores.length}; training has diverged, or the criterion is wrong. ` +
      'Nothing was changed; restore a checkpoint and compile the model again',
  );
}

/**
 * Expects the mask that a structure has spread over a weight.
 *
 * @throws RangeError, with the weight's name, if it is of another kind or size.
 */
export function expectSpread(name: string, mask: Uint8Array, size: number): Uint8Array {
  if (mask instanceof Uint8Array && mask.length === size) return mask;
  throw new RangeError(
    `Expected the structure to spread ${size} mask values for "${name}" in a Uint8Array, got ${received(mask)}` +
      ` of length ${(mask as Partial<Uint8Array> | undefined)?.length}`,
  );
}

/** Checks that an allocation keeps what must be kept; otherwise the sparsity is more than the structure can prune. */
export function expectReachable({name, scores}: LayerScores, groups: Uint8Array, sparsity: number): void {
  if (!scores.includes(Infinity) || !scores.some((score, i) => score === Infinity && groups[i] === 0)) return;
  const most = 1 - countOf(scores, Infinity) / scores.length;
  throw new RangeError(
    `Expected a sparsity that the structure can reach, got ${sparsity}: it prunes at most ${most} of "${name}"`,
  );
}
