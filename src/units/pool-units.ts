import uniq from 'lodash/uniq.js';
import type {Reduction} from '../structures/structure.js';
import type {UnitSlices} from './unit-slices.js';
import {sizeOf} from '../math/size-of.js';

const GONE = -Infinity;
const {max} = Math;

/**
 * Pools scores of single weights into one score for each unit along an axis, over all positions of the unit and all
 * other axes.
 *
 * @param scores one for each value of the weight: -Infinity if it is masked, which counts as 0. A unit that is masked
 *     entirely scores -Infinity.
 *
 * @example
 * poolUnits(Float32Array.of(1, 2, 3, 4), [2, 2], {axis: 1, units: Int32Array.of(7, 8)}, 'sum'); // 7 -> 4, 8 -> 6
 */
export function poolUnits(
  scores: Float32Array,
  shape: readonly number[],
  {axis, units}: Pick<UnitSlices, 'axis' | 'units'>,
  reduction: Reduction,
): Map<number, number> {
  const distinct = uniq(units);
  const slotOf = new Map(distinct.map((unit, slot) => [unit, slot]));
  const slots = units.map(unit => slotOf.get(unit)!);
  const pooled = new Float64Array(distinct.length).fill(reduction === 'max' ? GONE : 0);
  const isLeft = new Uint8Array(distinct.length);
  const stride = sizeOf(shape.slice(axis + 1));
  for (let i = 0; i < scores.length;) {
    for (const slot of slots) {
      for (const end = i + stride; i < end; i++) {
        const score = scores[i]!;
        if (score === GONE) continue;
        isLeft[slot] = 1;
        if (reduction !== 'max') pooled[slot]! += score;
        else pooled[slot] = max(pooled[slot]!, score);
      }
    }
  }
  if (reduction === 'mean') divideByCounts(pooled, slots, scores.length / slots.length);
  return new Map(distinct.map((unit, slot) => [unit, isLeft[slot] ? pooled[slot]! : GONE]));
}

function divideByCounts(sums: Float64Array, slots: Int32Array, valuesPerPosition: number): void {
  const counts = new Uint32Array(sums.length);
  for (const slot of slots) counts[slot]! += valuesPerPosition;
  counts.forEach((count, slot) => (sums[slot]! /= count));
}
