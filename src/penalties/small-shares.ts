import type {Allocation} from '../allocations/allocation.js';
import {pruneSmallest} from '../allocations/prune-smallest.js';
import {magnitude} from '../criteria/magnitude.js';
import {atThreshold} from '../masks/at-threshold.js';
import type {Choices} from '../masks/choose-masks.js';
import {total} from '../masks/zero-count.js';
import type {WeightStructure} from '../structures/each-weight.js';
import {choicesOf} from './masks-to-be.js';
import type {PenalizedWeight} from './penalty.js';

/** Weights that would be pruned. */
export interface Taken {
  /** What fraction they are of all weights. */
  readonly share: number;
  /** The masks of the weights: 0 = taken. */
  readonly masks: readonly Uint8Array[];
}

/** What {@link pruneByThreshold} would take of weights. The best group of each weight stays. */
export interface SmallShares {
  /** Groups that score less than this, and what is masked already. */
  readonly below: (threshold: number) => Taken;
  /** The smallest groups that come nearest to a fraction of the weights: a group is taken whole or not at all. */
  readonly nearest: (share: number) => Taken;
  /** The smallest threshold by which this fraction would be taken, within a thousandth of it. */
  readonly thresholdOf: (share: number) => number;
}

/** Downloads the scores of weights by `magnitude()`, and says what thresholds would prune of them. */
export async function smallShares(
  weights: readonly PenalizedWeight[],
  structure: WeightStructure,
): Promise<SmallShares> {
  const choose = await choicesOf(weights, {criterion: magnitude(), structure});
  const below = (threshold: number) =>
    choose(
      0,
      atThreshold(() => threshold),
    );
  return {
    below: threshold => takenBy(below(threshold)),
    nearest: share => {
      const sizes = below(-Infinity).layers.map(({scores}) => scores.length);
      const groups = sizes.reduce((sum, size) => sum + size, 0);
      const most = groups - sizes.length;
      return nearestTo(share, Math.min(most, Math.round(share * groups)), most, count =>
        takenBy(choose(0, smallest(count))),
      );
    },
    thresholdOf: share => firstReaching(share, threshold => takenBy(below(threshold)).share),
  };
}

function takenBy({counts, masks}: Choices): Taken {
  const {zeros, weights: all} = total(counts);
  return {share: zeros / all, masks};
}

/** Takes so many of the smallest groups. */
function smallest(count: number): Allocation {
  return layers =>
    pruneSmallest(
      layers.map(({scores}) => scores),
      layers.map(({scores}) => ({least: 0, most: scores.length - 1})),
      count,
    );
}

/** Looks for a number of groups around a guess, which is right if all are of one size. */
function nearestTo(share: number, guess: number, most: number, take: (count: number) => Taken): Taken {
  const isEnough = (count: number) => take(count).share >= share;
  let [low, high] = [guess - 1, guess];
  for (let step = 1; low >= 0 && isEnough(low); step *= 2) [low, high] = [Math.max(-1, low - step), low];
  for (let step = 1; high < most && !isEnough(high); step *= 2) [low, high] = [high, Math.min(most, high + step)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  const [less, more] = [take(Math.max(0, low)), take(high)];
  return share - less.share < more.share - share ? less : more;
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
