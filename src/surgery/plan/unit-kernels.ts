import type {Criterion} from '../../criteria/criterion.js';
import {prunableLayers} from '../../layers/model-layers.js';
import {placedWeights, type PrunedWeight} from '../../masks/pruned-weight.js';
import type {Model} from '../../tfjs-internals.js';
import {axesByWeight} from '../../units/trace/axes-by-weight.js';
import type {ChannelAxis, ChannelRole, ChannelTrace} from '../../units/trace/channel-trace.js';
import type {ScoredMembers} from './plan-options.js';

/** A wrapped kernel, and its axes along which channels run. */
export interface UnitKernel extends PrunedWeight {
  readonly axes: readonly ChannelAxis[];
}

/** The wrapped kernels of a model along which channels run. */
export function unitKernels(model: Model, trace: Pick<ChannelTrace, 'axes'>): UnitKernel[] {
  const axesOf = axesByWeight(trace);
  return placedWeights(model, prunableLayers(model)).flatMap(kernel => {
    const own = axesOf[kernel.weight.kernel.id];
    return own ? [{...kernel, axes: own}] : [];
  });
}

const TOLD_APART: Record<'outputs' | 'inputs' | 'weights', readonly ChannelRole[]> = {
  outputs: ['makes', 'passes'],
  inputs: ['takes', 'passes'],
  weights: ['makes', 'takes', 'passes'],
};

/**
 * The kernels that have a say in what units are worth, with those of their axes along which they have: where the
 * criterion can tell units apart, and gets to see what it goes by.
 *
 * @param isAsked whether it matters what a unit is worth.
 */
export function scoredKernels(
  kernels: readonly UnitKernel[],
  criterion: Criterion,
  members: ScoredMembers,
  isAsked: (unit: number) => boolean,
): UnitKernel[] {
  const roles = TOLD_APART[criterion.tellsApart ?? 'weights'].filter(role => members === 'all' || role === 'makes');
  return kernels
    .filter(({weight}) => criterion.sees !== 'inputs' || weight.seesInput)
    .map(kernel => ({
      ...kernel,
      axes: kernel.axes.filter(({role, units}) => roles.includes(role) && units.some(isAsked)),
    }))
    .filter(({axes}) => axes.length > 0);
}
