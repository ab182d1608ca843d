import {sizeOf} from '../math/size-of.js';
import {notAMask} from '../parametrizations/mask-values.js';
import type {WeightGroups} from '../structures/each-weight.js';
import type {WeightLayout} from '../structures/structure.js';
import {expectScores, expectSpread} from './expect-groups.js';

/** The groups of a weight by their numbers. */
export interface GroupNumbers {
  /** The number of the group of each value of the weight. */
  readonly numbers: Int32Array;
  /** How many groups there are. */
  readonly count: number;
}

/**
 * Numbers the groups of a weight: a structure only spreads masks, so one is spread for each bit of the numbers.
 *
 * @throws TypeError or RangeError, with the name of the weight, if the result of the structure is malformed.
 */
export function groupNumbers(structure: WeightGroups, layout: WeightLayout): GroupNumbers {
  const size = sizeOf(layout.shape);
  const pooled = structure.pool(new Float32Array(size), layout);
  expectScores(layout.name, pooled);
  const count = pooled.length;
  const numbers = new Int32Array(size);
  const mask = new Uint8Array(count);
  for (let bit = 0; count > 2 ** bit; bit++) {
    for (let group = 0; group < count; group++) mask[group] = (group >> bit) & 1;
    const spread = expectSpread(layout.name, structure.spread(mask, layout), size);
    for (let i = 0; i < size; i++) {
      if (spread[i]! > 1) throw notAMask(layout.name, spread[i]!, i, 'its structure is wrong');
      numbers[i]! |= spread[i]! << bit;
    }
  }
  return {numbers, count};
}
