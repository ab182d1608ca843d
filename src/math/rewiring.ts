import {countOf} from './count-of.js';
import {keepLargest} from './keep-largest.js';
import {roundHalfEven} from './round-half-even.js';

/**
 * Drops the kept weights of smallest magnitude: a mask (1 = survives). Drops exactly `round(fraction * kept)`, rounded
 * half to even; among equals the higher index is dropped first.
 *
 * @throws RangeError if a weight is NaN.
 *
 * @example
 * dropSmallest(Float32Array.of(3, -1, 2, 0), Uint8Array.of(1, 1, 1, 0), 1 / 3); // [1, 0, 1, 0]
 */
export function dropSmallest(weights: Float32Array, kept: Uint8Array, fraction: number): Uint8Array {
  const count = countOf(kept, 1);
  const sizes = weights.map((weight, i) => (kept[i] === 0 ? -Infinity : Math.abs(weight)));
  return keepLargest(sizes, count - roundHalfEven(fraction * count));
}

/**
 * Like {@link dropSmallest}, but drops the fraction of the positive and of the negative weights separately; 0 counts as
 * positive.
 *
 * @example
 * dropSmallestPerSign(Float32Array.of(5, 6, -1, -2), Uint8Array.of(1, 1, 1, 1), 0.5); // [0, 1, 0, 1]
 */
export function dropSmallestPerSign(weights: Float32Array, kept: Uint8Array, fraction: number): Uint8Array {
  const negative = kept.map((bit, i) => (weights[i]! < 0 ? bit : 0));
  const positive = kept.map((bit, i) => bit - negative[i]!);
  const survivors = dropSmallest(weights, negative, fraction);
  return dropSmallest(weights, positive, fraction).map((bit, i) => bit + survivors[i]!);
}

/**
 * Grows the pruned weights with the `count` largest scores: a mask (1 = grows). Among equals the lower index grows.
 *
 * @param scores any floats but NaN and -Infinity.
 * @param count at most the number of pruned weights.
 * @throws RangeError if a score is NaN.
 *
 * @example
 * growLargest(Float32Array.of(9, 1, 2, 0), Uint8Array.of(1, 0, 0, 0), 2); // [0, 1, 1, 0]
 */
export function growLargest(scores: Float32Array, kept: Uint8Array, count: number): Uint8Array {
  return keepLargest(
    scores.map((score, i) => (kept[i] === 0 ? score : -Infinity)),
    count,
  );
}
