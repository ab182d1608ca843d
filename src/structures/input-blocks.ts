import {expectInteger} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import {eachWeight, type WeightStructure} from './each-weight.js';
import {GROUP, type GroupArgs} from './slices.js';
import type {WeightLayout} from './structure.js';
import {tiles} from './tiles.js';

/**
 * Blocks of `n` neighboring inputs of the same output at the same position in the window. Kernels of 8-bit weights
 * multiply four inputs at once: with `n` = 4, `compile(model, {precision: 'int8', ...})` of `tfjs-pruning/runtime`
 * leaves out what is zero. If `n` does not divide the inputs, the last block is smaller. A kernel over single channels,
 * as of a DepthwiseConv2D, is cut along its channels.
 *
 * @param n a whole number >= 1; 4 is usual.
 * @throws TypeError or RangeError if `n` or an option is wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: inputBlocks(4)});
 */
export function inputBlocks(n: number, args: GroupArgs = {}): WeightStructure {
  expectInteger('n', n, {min: 1});
  const {reduction} = read('inputBlocks', args, GROUP);
  const tilingOf = ({shape, inputAxes}: WeightLayout) => {
    const inputs = inputAxes.at(-1);
    return {shape, tile: shape.map((_, axis) => (axis === inputs ? n : 1))};
  };
  return eachWeight(tiles(tilingOf, reduction));
}

noteMakers(inputBlocks);
