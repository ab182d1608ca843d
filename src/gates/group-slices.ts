import {groupNumbers} from '../masks/group-numbers.js';
import type {PlacedWeight} from '../masks/placed-weights.js';
import {sizeOf} from '../math/size-of.js';
import type {WeightStructure} from '../structures/each-weight.js';
import type {Grouping, GroupSlices, Structure} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';

/** The slices of all groups of a structure. */
export interface SlicedGroups {
  readonly slices: readonly GroupSlices[];
  /** How many groups there are. */
  readonly count: number;
}

/**
 * The slices of all groups of a structure, and how many groups there are.
 *
 * @throws RangeError if the groups can't have gates: the structure lets scores decide what a group is, or groups span
 *     weights in a way that it does not tell.
 */
export function slicesOfGroups(structure: Structure, weights: readonly PlacedWeight[], model: Model): SlicedGroups {
  const grouping = structure(weights, model, {});
  const lists = grouping.pool(weights.map(({layout}) => new Float32Array(sizeOf(layout.shape))));
  const counts = lists.map(({scores}) => scores.length);
  const fixed = lists.find(({scores}) => scores.includes(Infinity));
  if (fixed) {
    throw new RangeError(
      `Expected a \`structure\` whose groups can be closed one by one, but that of "${fixed.name}" must keep some of ` +
        'its groups; use filters(), blocks() or another one',
    );
  }
  return {slices: grouping.slices?.() ?? slicesWithin(structure, grouping, weights), count: sum(counts)};
}

/** The slices of groups that lie within one weight each. */
function slicesWithin(structure: Structure, grouping: Grouping, weights: readonly PlacedWeight[]): GroupSlices[] {
  if (!('pool' in structure)) {
    throw new RangeError(
      'Expected a `structure` with groups within one weight, or one whose grouping has slices(), as coupledChannels()',
    );
  }
  let first = 0;
  return weights.flatMap(weight => {
    const {numbers, count} = groupNumbers(structure as WeightStructure, weight.layout);
    const kernel = kernelSlices(weight, numbers, first);
    const vectors = grouping.withoutGone ? vectorSlices(weight, kernel) : [];
    first += count;
    return [kernel, ...vectors];
  });
}

/** The slices of a kernel, along as few axes as tell its groups apart. */
function kernelSlices({kernel, layout: {shape}}: PlacedWeight, numbers: Int32Array, first: number): GroupSlices {
  const axes = [...shape.keys()].filter(axis => differAlong(numbers, shape, axis));
  return {variable: kernel, axes, groups: numbersAlong(numbers, shape, axes).map(n => n + first), role: 'makes'};
}

function differAlong(numbers: Int32Array, shape: readonly number[], axis: number): boolean {
  const inner = sizeOf(shape.slice(axis + 1));
  return numbers.some((number, i) => Math.floor(i / inner) % shape[axis]! > 0 && number !== numbers[i - inner]);
}

/** The numbers at the first position of all other axes. */
function numbersAlong(numbers: Int32Array, shape: readonly number[], axes: readonly number[]): Int32Array {
  const isFirst = (i: number) =>
    shape.every((size, axis) => axes.includes(axis) || Math.floor(i / sizeOf(shape.slice(axis + 1))) % size === 0);
  return numbers.filter((_, i) => isFirst(i));
}

/** The biases, scales and shifts of a weight whose groups are whole outputs. */
function vectorSlices({vectors, layout}: PlacedWeight, {axes, groups}: GroupSlices): GroupSlices[] {
  if (axes.some(axis => !layout.outputAxes.includes(axis))) return [];
  const outputs = layout.outputAxes.map(axis => layout.shape[axis]!);
  return (vectors?.all ?? []).map(variable => {
    if (sizeOf(outputs) === groups.length) return {variable, axes: [0], groups, role: 'vector'};
    throw new RangeError(`Expected one group for each output of "${layout.name}", got ${groups.length}`);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
