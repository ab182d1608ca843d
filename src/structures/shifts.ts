import {noteMakers} from '../options/makers.js';
import {boolean} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import {protectedBest} from './protected-best.js';
import {expectWindow, slicesBy} from './slices.js';
import {eachWeight, type WeightGroups, type WeightStructure} from './each-weight.js';
import type {WeightLayout} from './structure.js';
import type {Tiling} from './tiles.js';
import {unitView, type UnitView} from './unit-view.js';

const OPTIONS = {
  /**
   * Whether an input channel is shifted the same way for all outputs. `shiftConvolutions` then turns the layer into a
   * shift and a 1 x 1 convolution, several times faster. Otherwise each output shifts the channel its own way, which is
   * more accurate but no faster. Defaults to false.
   */
  shared: boolean(false),
};

/** Options of {@link shifts}. */
export type ShiftsArgs = Args<typeof OPTIONS>;

/**
 * Leads to one weight in each window between one input and one output channel: the convolution becomes a shift of the
 * input and a product. The best weight of each window is always kept, so a sparsity above `1 - 1 / windowSize` (8/9 for
 * 3 x 3) is an error; at that sparsity every window has one weight left. Hacene et al. 2019,
 * https://arxiv.org/abs/1905.12300
 *
 * With `shared`, all windows of an input channel keep the weight at the same position, as in the shifts of Wu et al.
 * 2017, https://arxiv.org/abs/1711.08141
 *
 * @throws TypeError if an option is unknown or wrong; RangeError, when pruning, if a layer is not a convolution.
 *
 * @example
 * const schedule = polynomialDecay({finalSparsity: 8 / 9, endStep: 1000});
 * new GradualPruning({structure: shifts({shared: true}), schedule, layers: /conv/});
 */
export function shifts(args: ShiftsArgs = {}): WeightStructure {
  const {shared} = read('shifts', args, OPTIONS);
  return eachWeight(shared ? sharedShifts() : ownShifts);
}

noteMakers(shifts);

const ownShifts = protectedBest(layout => {
  const {shape, spatial} = windowView(layout);
  return windows(shape, spatial);
}, 1);

/**
 * A group is a position in the windows of an input channel, over all outputs. The best position of each input channel
 * is protected.
 */
function sharedShifts(): WeightGroups {
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

/** The view in which each gate of an output has a window of its own. */
function windowView(layout: WeightLayout): UnitView {
  const view = unitView({...layout, gates: 1});
  expectWindow('shifts()', view, layout);
  return view;
}

function windows(shape: readonly number[], spatial: readonly number[]): Tiling {
  return {shape, tile: shape.map((size, axis) => (spatial.includes(axis) ? size : 1))};
}
