import {expectInteger, expectOptions} from '../options/expect.js';
import type {GroupArgs} from './slices.js';
import type {Structure} from './structure.js';
import {tiles} from './tiles.js';

/**
 * Blocks of `n` neighboring outputs at the same input and place in the window: the shape that sparse kernels like,
 * since one value that is loaded serves `n` sums. Where `n` does not divide the outputs, the last block is smaller.
 * Elsen et al. 2020, https://arxiv.org/abs/1911.09723
 *
 * @param n a whole number >= 1; 2 or 4 is usual.
 * @throws TypeError or RangeError where `n` or an option is wrong.
 *
 * @example
 * new GradualPruning({schedule, structure: outputBlocks(4)});
 */
export function outputBlocks(n: number, args: GroupArgs = {}): Structure {
  expectInteger('n', n, {min: 1});
  const {reduction} = expectOptions('outputBlocks', args, ['reduction']);
  return tiles(({shape, outputAxes}) => {
    const outputs = outputAxes.at(-1);
    return {shape, tile: shape.map((_, axis) => (axis === outputs ? n : 1))};
  }, reduction);
}
