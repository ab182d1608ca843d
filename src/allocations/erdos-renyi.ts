import {noteMakers} from '../options/makers.js';
import {number} from '../options/option.js';
import {read} from '../options/read.js';
import type {Args} from '../options/table.js';
import type {WeightLayout} from '../structures/structure.js';
import type {Allocation} from './allocation.js';
import {boundsOf, LIMITS, pruneByShares, zerosAsked} from './limits.js';
import {sizeOf} from '../math/size-of.js';

const OPTIONS = {
  /** The power to which densities are raised: 0 makes all layers alike, 2 more different. Defaults to 1. */
  power: number({min: 0}, 1),
};

/** Options of {@link erdosRenyi} and {@link erdosRenyiKernel}. */
export type ErdosRenyiArgs = Args<typeof OPTIONS & typeof LIMITS>;

/**
 * Keeps small layers dense and makes large ones sparse, as in a random graph in which every input and output has the
 * same number of connections on average. Kernel sizes do not count.
 *
 *     density = min(1, epsilon * ((inputs + outputs) / (inputs * outputs))^power)
 *
 * `epsilon` is chosen so that exactly `round(n * sparsity)` of all groups are zero; where a limit protects groups,
 * other layers lose more. Mocanu et al. 2018, https://arxiv.org/abs/1707.04780
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, at an update, if the limits leave too
 *     little to prune.
 *
 * @example
 * new GradualPruning({schedule, allocation: erdosRenyi()});
 */
export function erdosRenyi(args: ErdosRenyiArgs = {}): Allocation {
  return byDensity('erdosRenyi', args, ({shape, inputAxes, outputAxes}) => {
    const ofOutputs = outputAxes.filter(axis => !inputAxes.includes(axis)); // a depthwise kernel has its inputs in both
    const [inputs, outputs] = [inputAxes, ofOutputs].map(axes => product(axes.map(axis => shape[axis]!)));
    return (inputs! + outputs!) / (inputs! * outputs!);
  });
}

/**
 * {@link erdosRenyi} that also counts the kernel's height and width: the usual choice for convolutions.
 *
 *     density = min(1, epsilon * (sum(shape) / product(shape))^power)
 *
 * Evci et al. 2020, https://arxiv.org/abs/1911.11134
 *
 * @throws TypeError or RangeError if an option is unknown or wrong; RangeError, at an update, if the limits leave too
 *     little to prune.
 *
 * @example
 * await pruneOnce(model, {sparsity: 0.9, allocation: erdosRenyiKernel()});
 */
export function erdosRenyiKernel(args: ErdosRenyiArgs = {}): Allocation {
  return byDensity('erdosRenyiKernel', args, ({shape}) => shape.reduce((sum, size) => sum + size, 0) / product(shape));
}

noteMakers(erdosRenyi, erdosRenyiKernel);

function byDensity(owner: string, args: ErdosRenyiArgs, raw: (layout: WeightLayout) => number): Allocation {
  const {power, ...limits} = read(owner, args, {...OPTIONS, ...LIMITS});
  return (layers, sparsity) => {
    const bounds = layers.map(layer => boundsOf(layer, limits));
    const zeros = zerosAsked(layers, bounds, sparsity);
    const raws = layers.map(({layout}) => raw(layout));
    const lowest = Math.min(...raws);
    const densities = raws.map(density => Math.min((density / lowest) ** power, Number.MAX_VALUE));
    return pruneByShares(layers, bounds, zeros, (i, level) => 1 + level * densities[i]!, [-1, 0]);
  };
}

/** At least 1, so that an empty tensor has a density as well. */
function product(sizes: readonly number[]): number {
  return Math.max(1, sizeOf(sizes));
}
