import {protectedBest} from './protected-best.js';
import {expectWindow} from './slices.js';
import type {Structure} from './structure.js';
import {unitView} from './unit-view.js';

/**
 * One weight stays in each window between one input and one output channel, at the end: the convolution becomes a shift of
 * the input and a product. The best of each window must stay, so a sparsity beyond `1 - 1 / windowSize` (8/9 for 3 x 3) is an
 * error, and there all windows have one weight. Hacene et al. 2019, https://arxiv.org/abs/1905.12300
 *
 * @throws RangeError, when pruning, where a layer is no convolution.
 *
 * @example
 * new GradualPruning({structure: shifts(), schedule: polynomialDecay({finalSparsity: 8 / 9, endStep: 1000}), layers: /conv/});
 */
export function shifts(): Structure {
  return protectedBest(layout => {
    const view = unitView({...layout, gates: 1});
    expectWindow('shifts()', view, layout);
    return {shape: view.shape, tile: view.shape.map((size, axis) => (view.spatial.includes(axis) ? size : 1))};
  }, 1);
}
