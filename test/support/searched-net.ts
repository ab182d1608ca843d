import * as tf from '@tensorflow/tfjs';
import type {Score} from 'tfjs-pruning';
import {withRandomWeights} from './random-weights.js';

/** The names of the layers of {@link searchedNet} whose units are searched. */
export const NAMES = ['a', 'b', 'c'] as const;

const UNITS = [20, 12, 16] as const;

/** A chain of Dense layers: 8 -> 20 -> 12 -> 16 -> 2. */
export function searchedNet(): tf.Sequential {
  const dense = (name: string, units: number, more = {}) => tf.layers.dense({name, units, useBias: false, ...more});
  const hidden = NAMES.map((name, i) => dense(name, UNITS[i]!, i === 0 ? {inputShape: [8]} : {}));
  return withRandomWeights(tf.sequential({name: 'net', layers: [...hidden, dense('head', 2)]}));
}

/** How much of each layer is gone in a pruned copy of it. */
export function ratesOf(copy: tf.LayersModel): number[] {
  return NAMES.map((name, i) => 1 - (copy.getLayer(name).outputShape as number[])[1]! / UNITS[i]!);
}

/** A score that can be told by hand: minus the squared distance of the rates from the best ones. */
export function distanceFrom(best: readonly number[]): Score {
  return copy => -ratesOf(copy).reduce((sum, rate, i) => sum + (rate - best[i]!) ** 2, 0);
}

/** A far optimum at about half of the multiply-adds: 8 * 4 + 4 * 12 + 12 * 15 + 15 * 2 = 290 of 624. */
export const BEST = [0.8, 0, 1 / 16] as const;
