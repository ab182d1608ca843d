import {expectInteger, isList, received} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {oneOf} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {eachWeight, type WeightStructure} from './each-weight.js';
import type {WeightLayout} from './structure.js';
import {tiles, type Tiling} from './tiles.js';
import {sizeOf} from '../math/size-of.js';

const OPTIONS = {
  /** Whether a block scores the mean or the maximum of its weights' scores. Defaults to 'mean'. */
  pooling: oneOf(['mean', 'max'], 'mean'),
};

/** Options of {@link blocks}. */
export type BlocksArgs = Args<typeof OPTIONS>;

/**
 * Blocks of `height x width` values of the weight seen as a matrix. Its last axis makes the columns, all others the
 * rows: a Conv2D kernel is a matrix of `height * width * inputs` rows and `outputs` columns. If the size does not
 * divide the matrix, the blocks at the far edges are smaller.
 *
 * Like `block_size` in tensorflow-model-optimization, except that a block may span a whole dimension.
 *
 * @param size `[height, width]`, whole numbers >= 1; Infinity, or a number too large, spans the whole dimension.
 * @throws TypeError or RangeError if the size or an option is wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: blocks([4, 1], {pooling: 'max'})});
 */
export function blocks(size: readonly [height: number, width: number], args: BlocksArgs = {}): WeightStructure {
  if (!isList(size) || (size as readonly number[]).length !== 2) {
    throw new TypeError(`Expected \`size\` of blocks to be [height, width], got ${received(size)}`);
  }
  const [height, width] = [...size].map((length, i) =>
    expectInteger(`size[${i}]`, length, {min: 1, orInfinity: true}),
  ) as [number, number];
  const {pooling} = read('blocks', args, OPTIONS);
  return eachWeight(tiles(layout => tilingOf(layout, height, width), pooling));
}

noteMakers(blocks);

function tilingOf({shape}: WeightLayout, height: number, width: number): Tiling {
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape.slice(0, -1));
  const tile = [Math.min(height, Math.max(rows, 1)), Math.min(width, Math.max(columns, 1))];
  return {shape: [rows, columns], tile};
}
