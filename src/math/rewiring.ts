import {countOf} from './count-of.js';
import {keepLargest} from './keep-largest.js';
import {roundHalfEven} from './round-half-even.js';

/**
 * The kept weights without the fraction of them that is smallest in magnitude: a mask (1 = survives). Exactly
 * `round(fraction * kept)` are dropped, half to even; among equals the higher index falls first.
 *
 * @throws RangeError where a weight is NaN.
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
 * As {@link dropSmallest}, but the fraction falls of the positive and of the negative weights each; 0 counts as
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
 * The `count` largest scores among the weights that are not kept: a mask (1 = grows). Among equals the lower index
 * grows.
 *
 * @param scores any floats but NaN and -Infinity.
 * @param count at most as many as are not kept.
 * @throws RangeError where a score is NaN.
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
