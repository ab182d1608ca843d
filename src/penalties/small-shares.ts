import {magnitude} from '../criteria/magnitude.js';
import {atThreshold} from '../masks/at-threshold.js';
import {total} from '../masks/zero-count.js';
import type {WeightStructure} from '../structures/each-weight.js';
import {choicesOf} from './masks-to-be.js';
import type {PenalizedWeight} from './penalty.js';

/** The fraction of weights that {@link pruneByThreshold} would take at a threshold. */
export interface SmallShares {
  /** The fraction in groups that score less than this, and of those that are masked already. */
  readonly below: (threshold: number) => number;
  /** The smallest threshold by which this fraction would be taken, within a thousandth of it. */
  readonly thresholdOf: (share: number) => number;
}

/** Downloads the scores of weights by `magnitude()`, and says what thresholds would prune of them. */
export async function smallShares(
  weights: readonly PenalizedWeight[],
  structure: WeightStructure,
): Promise<SmallShares> {
  const choose = await choicesOf(weights, {criterion: magnitude(), structure});
  const below = (threshold: number) => {
    const {counts} = choose(
      0,
      atThreshold(() => threshold),
    );
    const {zeros, weights: all} = total(counts);
    return zeros / all;
  };
  return {below, thresholdOf: share => firstReaching(share, below)};
}

const LEAST = 1e-12;

/** Where a growing function reaches a value, by powers of two and by bisection; Infinity if it never does. */
function firstReaching(value: number, growing: (x: number) => number): number {
  if (growing(Infinity) < value) return Infinity;
  let [low, high] = [0, LEAST];
  while (growing(high) < value) [low, high] = [high, 4 * high];
  while (high - low > 1e-3 * high && high > LEAST) {
    const middle = (low + high) / 2;
    if (growing(middle) < value) low = middle;
    else high = middle;
  }
  return high;
}
