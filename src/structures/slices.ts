import {fromStart} from '../math/from-start.js';
import {received} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {eachWeight, type WeightGroups, type WeightStructure} from './each-weight.js';
import {REDUCTIONS, type WeightLayout} from './structure.js';
import {tiles, type Tiling} from './tiles.js';
import {unitView, type UnitView} from './unit-view.js';

/** The option of structures whose groups have several weights. */
export const GROUP = {
  /** How to combine the scores of a group's weights. Defaults to what the criterion asks for, else to 'mean'. */
  reduction: oneOf(REDUCTIONS, undefined),
};

/** Options of structures whose groups have several weights. */
export type GroupArgs = Args<typeof GROUP>;

/** Groups with a single index along the axes that `apart` names, and all indices along the others. */
export function slicesBy(
  owner: string,
  args: GroupArgs,
  apart: (view: UnitView, layout: WeightLayout) => readonly number[],
): WeightGroups {
  const {reduction} = read(owner, args, GROUP);
  return tiles(layout => {
    const view = unitView(layout);
    return sliced(view.shape, apart(view, layout));
  }, reduction);
}

/**
 * Slices of the tensor along one axis, like `dim` in PyTorch's structured pruning, but in the axis order of tf.js: in a
 * Conv2D kernel `[height, width, inputs, outputs]`, `slices(3)` are the filters and `slices(0)` the rows of the
 * windows. Only the tensor itself is pruned; `filters()` prunes biases, too.
 *
 * @param axis the axis that is sliced; negative ones count from the end.
 * @throws TypeError if `axis` is not a whole number; RangeError, when pruning, if a weight has no such axis.
 *
 * @example
 * new GradualPruning({schedule, structure: slices(-1)});
 */
export function slices(axis: number, args: GroupArgs = {}): WeightStructure {
  if (!Number.isInteger(axis)) throw new TypeError(`Expected \`axis\` to be a whole number, got ${received(axis)}`);
  const {reduction} = read('slices', args, GROUP);
  const tilingOf = ({name, shape}: WeightLayout) => {
    const apart = fromStart(axis, shape.length);
    if (apart >= 0 && apart < shape.length) return sliced(shape, [apart]);
    throw new RangeError(
      `slices(${axis}) expects weights with such an axis, but "${name}" has the shape [${shape.join()}]; ` +
        'choose others by `layers`',
    );
  };
  return eachWeight(tiles(tilingOf, reduction));
}

noteMakers(slices);

function sliced(shape: readonly number[], apart: readonly number[]): Tiling {
  return {shape, tile: shape.map((size, axis) => (apart.includes(axis) ? 1 : size))};
}

/** Expects a convolution window with this number of axes, or at least one. */
export function expectWindow(owner: string, {spatial}: UnitView, {name, shape}: WeightLayout, axes?: number): void {
  if (axes === undefined ? spatial.length > 0 : spatial.length === axes) return;
  throw new RangeError(
    `${owner} expects convolutions${axes === undefined ? '' : ` with ${axes} spatial axes`}, but "${name}" has the ` +
      `shape [${shape.join()}] with ${spatial.length}; choose others by \`layers\``,
  );
}
