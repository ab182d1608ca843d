import {sizeOf} from '../math/size-of.js';
import type {GateGroups} from './gate.js';

/**
 * The shape of the thresholds of groups: one for each weight, or for each of its outputs.
 *
 * @throws RangeError if the groups do not lie within outputs.
 */
export function thresholdShape(owner: string, {shape, layout, name}: GateGroups, per: 'layer' | 'output'): number[] {
  if (per === 'layer') return shape.map(() => 1);
  const {outputAxes} = layout;
  const isAlong = shape.length === layout.shape.length && outputAxes.every(axis => shape[axis] === layout.shape[axis]);
  if (isAlong) return shape.map((size, axis) => (outputAxes.includes(axis) ? size : 1));
  throw new RangeError(
    `${owner}({per: 'output'}) expects groups within outputs, but those of "${name}" are ${sizeOf(shape)} others; ` +
      "use weights() or kernels(), or `per: 'layer'`",
  );
}

/**
 * What the norm of a group is divided by to get the root mean square of its weights, so that thresholds mean the same
 * whatever a group's size.
 */
export function normOfOnes({shape, layout}: GateGroups): number {
  return Math.sqrt(sizeOf(layout.shape) / sizeOf(shape));
}
