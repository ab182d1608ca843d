import type {WeightGroups} from './each-weight.js';
import type {Reduction, WeightLayout} from './structure.js';
import {sizeOf} from '../math/size-of.js';

/** An array cut into boxes of equal size, smaller at the far edges where the size does not divide the array. */
export interface Tiling {
  readonly shape: readonly number[];
  /** The size of a box along each axis. */
  readonly tile: readonly number[];
}

/** Groups that are the boxes of a tiling, numbered in row-major order. */
export function tiles(tilingOf: (layout: WeightLayout) => Tiling, ownReduction?: Reduction): WeightGroups {
  return {
    pool: (scores, layout, reduction = 'mean') => poolTiles(scores, tilingOf(layout), ownReduction ?? reduction),
    spread: (kept, layout) => {
      const mask = new Uint8Array(sizeOf(layout.shape));
      forEachRow(tilingOf(layout), (start, group, groups) => {
        for (let i = 0; i < groups.length; i++) mask[start + i] = kept[group + groups[i]!]!;
      });
      return mask;
    },
  };
}

function poolTiles(scores: Float32Array, tiling: Tiling, reduction: Reduction): Float32Array {
  const count = tileCount(tiling);
  const totals = new Float64Array(count).fill(reduction === 'max' ? -Infinity : 0);
  const alive = new Uint8Array(count);
  const sizes = new Uint32Array(count);
  forEachRow(tiling, (start, group, groups) => {
    for (let i = 0; i < groups.length; i++) {
      const score = scores[start + i]!;
      const g = group + groups[i]!;
      sizes[g]!++;
      if (score === -Infinity) continue;
      alive[g] = 1;
      totals[g] = reduction === 'max' ? Math.max(totals[g]!, score) : totals[g]! + score;
    }
  });
  return Float32Array.from(totals, (total, g) => {
    if (alive[g] === 0) return -Infinity;
    return reduction === 'mean' ? total / sizes[g]! : total;
  });
}

/** How many boxes there are. */
export function tileCount({shape, tile}: Tiling): number {
  return shape.reduce((product, size, axis) => product * Math.ceil(size / tile[axis]!), 1);
}

/**
 * Visits an array row by row along its last axis, with the index at which the row begins. The box of each element is
 * the sum of `group`, a number of the row, and the column's entry in `groups`.
 */
export function forEachRow(
  {shape, tile}: Tiling,
  visit: (start: number, group: number, groups: Uint32Array) => void,
): void {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1);
  const groups = Uint32Array.from({length: columns}, (_, column) => Math.floor(column / (tile.at(-1) ?? 1)));
  const boxes = shape.map((size, axis) => Math.ceil(size / tile[axis]!));
  const index = rows.map(() => 0);
  const count = sizeOf(rows);
  for (let row = 0; row < count; row++) {
    let group = 0;
    for (let axis = 0; axis < rows.length; axis++)
      group = group * boxes[axis]! + Math.floor(index[axis]! / tile[axis]!);
    visit(row * columns, group * (boxes.at(-1) ?? 1), groups);
    for (let axis = rows.length - 1; axis >= 0 && ++index[axis]! === rows[axis]; axis--) index[axis] = 0;
  }
}
