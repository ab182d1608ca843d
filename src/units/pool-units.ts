import uniq from 'lodash/uniq.js';
import type {Reduction} from '../structures/structure.js';
import type {ChannelAxis} from './trace/channel-trace.js';

const {max} = Math;

/**
 * One number for each unit along an axis of a weight: of the values at all of its positions, whatever the other axes.
 *
 * @param values one for each value of the weight.
 *
 * @example
 * poolUnits(Float32Array.of(1, 2, 3, 4), [2, 2], {axis: 1, units: Int32Array.of(7, 8)}, 'sum'); // 7 -> 4, 8 -> 6
 */
export function poolUnits(
  values: Float32Array,
  shape: readonly number[],
  {axis, units}: Pick<ChannelAxis, 'axis' | 'units'>,
  reduction: Reduction,
): Map<number, number> {
  const distinct = uniq(units);
  const slotOf = new Map(distinct.map((unit, slot) => [unit, slot]));
  const slots = units.map(unit => slotOf.get(unit)!);
  const pooled = new Float64Array(distinct.length).fill(reduction === 'max' ? -Infinity : 0);
  const stride = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  for (let i = 0; i < values.length;) {
    for (const slot of slots) {
      for (const end = i + stride; i < end; i++) {
        if (reduction !== 'max') pooled[slot]! += values[i]!;
        else pooled[slot] = max(pooled[slot]!, values[i]!);
      }
    }
  }
  if (reduction === 'mean') divideByCounts(pooled, slots, values.length / slots.length);
  return new Map(distinct.map((unit, slot) => [unit, pooled[slot]!]));
}

function divideByCounts(sums: Float64Array, slots: Int32Array, valuesPerPosition: number): void {
  const counts = new Uint32Array(sums.length);
  for (const slot of slots) counts[slot]! += valuesPerPosition;
  counts.forEach((count, slot) => (sums[slot]! /= count));
}
