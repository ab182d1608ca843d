import type {Linear} from '../graph/nodes.js';
import {byteOf, MOST, type Levels} from './levels.js';

/** Of each output, what its weights are multiplied by, and their sum. */
export interface ScaledWeights {
  readonly scales: ArrayLike<number>;
  readonly sums: ArrayLike<number>;
}

/**
 * How the sums of whole numbers become outputs: `clamp(floor(factor * (start + sum) + shift), low, high)`, where the
 * shift has a half in it; without `floor` and the half if they are floats.
 */
export interface Requantization {
  readonly starts: Int32Array;
  readonly factors: Float32Array;
  readonly shifts: Float32Array;
  readonly low: number;
  readonly high: number;
}

/**
 * The sum over `weight * (byte - zero)` begins with `-zero` times the sum of the weights. A bias is added behind the
 * factor, so that it need not be a multiple of a step.
 *
 * @param to what the outputs stand for; undefined if they are floats.
 */
export function requantization(
  node: Linear,
  {scales, sums}: ScaledWeights,
  from: Levels,
  to: Levels | undefined,
): Requantization {
  const {scale, zero} = to ?? {scale: 1, zero: 0};
  return {
    starts: Int32Array.from(sums, sum => -from.zero * sum),
    factors: Float32Array.from(scales, own => (own * from.scale) / scale),
    shifts: Float32Array.from(node.bias, bias => bias / scale + zero + (to ? 0.5 : 0)),
    ...boundsOf(node, to),
  };
}

/** The bounds of a node, in bytes if there are levels. */
export function boundsOf({low, high}: Linear, to: Levels | undefined): {low: number; high: number} {
  if (!to) return {low, high};
  const [least, most] = [low, high].map(bound => byteOf(bound, to)) as [number, number];
  return {low: Math.max(0, least), high: Math.min(MOST, most)};
}
