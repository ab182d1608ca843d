import {expectInteger} from '../options/expect.js';
import {noteMakers} from '../options/makers.js';
import {read} from '../options/read.js';
import {eachWeight, type WeightStructure} from './each-weight.js';
import {GROUP, type GroupArgs} from './slices.js';
import type {WeightLayout} from './structure.js';
import {tiles} from './tiles.js';

/**
 * Blocks of `n` neighboring outputs at the same input and position in the window. Sparse kernels are fast on this
 * shape, as each input that is loaded contributes to `n` sums. If `n` does not divide the outputs, the last block is
 * smaller. Elsen et al. 2020, https://arxiv.org/abs/1911.09723
 *
 * @param n a whole number >= 1; 2 or 4 is usual.
 * @throws TypeError or RangeError if `n` or an option is wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: outputBlocks(4)});
 */
export function outputBlocks(n: number, args: GroupArgs = {}): WeightStructure {
  expectInteger('n', n, {min: 1});
  const {reduction} = read('outputBlocks', args, GROUP);
  const tilingOf = ({shape, outputAxes}: WeightLayout) => {
    const outputs = outputAxes.at(-1);
    return {shape, tile: shape.map((_, axis) => (axis === outputs ? n : 1))};
  };
  return eachWeight(tiles(tilingOf, reduction));
}

noteMakers(outputBlocks);
