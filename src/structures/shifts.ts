import {expectBoolean, expectOptions} from '../options/expect.js';
import {protectedBest} from './protected-best.js';
import {expectWindow, slicesBy} from './slices.js';
import type {Structure, WeightLayout} from './structure.js';
import type {Tiling} from './tiles.js';
import {unitView, type UnitView} from './unit-view.js';

/** Options of {@link shifts}. */
export interface ShiftsArgs {
  /**
   * Whether all outputs share the place that an input channel is shifted to. Then `shiftConvolutions` makes such a
   * layer a shift and a 1 x 1 convolution, several times faster; otherwise an input channel is shifted for each output
   * in another way, more accurate and no faster. Defaults to false.
   */
  shared?: boolean;
}

/**
 * One weight stays in each window between one input and one output channel, at the end: the convolution becomes a shift
 * of the input and a product. The best of each window must stay, so a sparsity beyond `1 - 1 / windowSize` (8/9 for 3 x
 * 3) is an error, and there all windows have one weight. Hacene et al. 2019, https://arxiv.org/abs/1905.12300
 *
 * With `shared` the windows of an input channel keep it at one place, whose weights go to all outputs, as in the shifts
 * of Wu et al. 2017, https://arxiv.org/abs/1711.08141
 *
 * @throws TypeError where an option is unknown or wrong; RangeError, when pruning, where a layer is no convolution.
 *
 * @example
 * new GradualPruning({structure: shifts({shared: true}), schedule: polynomialDecay({finalSparsity: 8 / 9, endStep:
 * 1000}), layers: /conv/});
 */
export function shifts(args: ShiftsArgs = {}): Structure {
  const {shared = false} = expectOptions('shifts', args, ['shared']);
  return expectBoolean('shared', shared) ? sharedShifts() : ownShifts;
}

const ownShifts = protectedBest(layout => {
  const {shape, spatial} = windowView(layout);
  return windows(shape, spatial);
}, 1);

/**
 * Groups are the places of each input channel's windows, over all outputs; the best of those of an input channel is
 * protected.
 */
function sharedShifts(): Structure {
  const places = slicesBy('shifts', {}, (view, layout) => {
    expectWindow('shifts()', view, layout);
    return apart(view);
  });
  const best = protectedBest(layout => {
    const view = windowView(layout);
    const own = apart(view);
    const shape = view.shape.map((size, axis) => (own.includes(axis) ? size : 1));
    return windows(shape, view.spatial);
  }, 1);
  return {
    pool: (scores, layout, reduction) => best.pool(places.pool(scores, layout, reduction), layout),
    spread: (kept, layout) => places.spread(kept, layout),
  };
}

function apart({spatial, inputs}: UnitView): number[] {
  return [...spatial, ...inputs];
}

/** Gates stay together with their outputs: each window has its own. */
function windowView(layout: WeightLayout): UnitView {
  const view = unitView({...layout, gates: 1});
  expectWindow('shifts()', view, layout);
  return view;
}

function windows(shape: readonly number[], spatial: readonly number[]): Tiling {
  return {shape, tile: shape.map((size, axis) => (spatial.includes(axis) ? size : 1))};
}
