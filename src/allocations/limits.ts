import {keepLargest} from '../math/keep-largest.js';
import {roundHalfEven} from '../math/round-half-even.js';
import {fraction, integer} from '../options/option.js';
import type {Args} from '../options/table.js';
import {shareOut, type Bounds} from '../math/share-out.js';
import type {LayerScores} from '../structures/structure.js';

const ALL_BUT_SIGN = 0x7fffffff;
const INFINITY = 0x7f800000;

/** The options for limits. */
export const LIMITS = {
  /**
   * How many groups each tensor keeps at least; a tensor with fewer groups keeps all. At least 1. Defaults to 1, and to
   * 0 for channels that a plan may remove entirely.
   */
  minKept: integer({min: 1}, undefined),
  /** The largest sparsity of any tensor, in [0, 1]. Defaults to 1: no limit but `minKept`. */
  maxSparsity: fraction(1),
};

/** Hard limits, the same for every layer. Where they protect groups, other layers lose more. */
export type LayerLimits = Args<typeof LIMITS>;

/** How many groups of a layer are zero at least, because they are already pruned, and at most. */
export function boundsOf(layer: LayerScores, {minKept = layer.minKept ?? 1, maxSparsity = 1}: LayerLimits): Bounds {
  const {scores} = layer;
  const {gone, staying} = countInfinite(scores);
  const kept = Math.max(Math.min(minKept, scores.length), staying);
  return {least: gone, most: Math.max(gone, Math.min(scores.length - kept, mostAt(maxSparsity, scores.length)))};
}

/** The zeros in all groups together at a sparsity. Groups that are already pruned count, and can't come back. */
export function zerosAsked(layers: readonly LayerScores[], bounds: readonly Bounds[], sparsity: number): number {
  const groups = layers.reduce((sum, {scores}) => sum + scores.length, 0);
  const gone = bounds.reduce((sum, {least}) => sum + least, 0);
  return Math.max(roundHalfEven(groups * sparsity), gone);
}

/**
 * The masks in which exactly `zeros` groups of all layers are zero: a share for each layer, within its bounds; see
 * {@link shareOut}.
 *
 * @param shareAt the fraction of a layer's groups that is zero at a level; it grows with the level.
 * @throws RangeError if the layers can't take so many zeros.
 */
export function pruneByShares(
  layers: readonly LayerScores[],
  bounds: readonly Bounds[],
  zeros: number,
  shareAt: (layer: number, level: number) => number,
  levels: readonly [number, number],
): Uint8Array[] {
  expectPlace(layers, bounds, zeros);
  const dueAt = (level: number) =>
    layers.map(({scores}, i) => scores.length * Math.min(1, Math.max(0, shareAt(i, level))));
  const shares = shareOut(zeros, bounds, dueAt, levels);
  return layers.map(({scores}, i) => keepLargest(scores, scores.length - shares[i]!));
}

/** @throws RangeError if the layers can't take so many zeros, with the number that each can take. */
export function expectPlace(layers: readonly LayerScores[], bounds: readonly Bounds[], zeros: number): void {
  const most = bounds.reduce((sum, bound) => sum + bound.most, 0);
  if (zeros <= most) return;
  const groups = layers.reduce((sum, {scores}) => sum + scores.length, 0);
  const limits = layers.map(({name, scores}, i) => `"${name}" ${bounds[i]!.most} of ${scores.length}`).join(', ');
  throw new RangeError(
    `Expected a sparsity that the layers can take: ${zeros} of ${groups} groups would be zero, but only ${most} can ` +
      `be, ${zeros - most} too few: ${limits}. Lower the sparsity, loosen the limits, or choose more layers`,
  );
}

/** The largest whole number whose fraction of `n` is not above `sparsity`, despite rounding in the product. */
export function mostAt(sparsity: number, n: number): number {
  const most = Math.floor(n * sparsity);
  return (most + 1) / n <= sparsity ? most + 1 : most;
}

/** Reads bits, for one comparison per score: there may be millions. */
function countInfinite(scores: Float32Array): {gone: number; staying: number} {
  const words = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
  let [gone, staying] = [0, 0];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if ((word & ALL_BUT_SIGN) !== INFINITY) continue;
    if (word < 0) gone++;
    else staying++;
  }
  return {gone, staying};
}
