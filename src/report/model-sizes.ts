import {prunableLayers} from '../layers/model-layers.js';
import {sizeOf} from '../math/size-of.js';
import type {Model} from '../tfjs-internals.js';
import type {KernelPositions} from './kernel-positions.js';
import {axesByWeight} from '../units/trace/axes-by-weight.js';
import type {ChannelTrace} from '../units/trace/channel-trace.js';

/** Sizes of a whole model. */
export interface ModelSizes {
  /** The units that layers make, including those that can't be removed; coupled channels count as one. */
  readonly channels: number;
  /** The values of all weights; shared ones count once. */
  readonly parameters: number;
  /** For one example; null if they depend on a size that the model's inputs leave open. */
  readonly multiplyAdds: number | null;
}

/** What the size of a weight depends on. */
export interface SizedWeight {
  readonly id: number;
  /** How many values it has for each combination of positions along its axes with channels. */
  readonly values: number;
  /** The unit at each position of its axes with channels. */
  readonly axes: readonly Int32Array[];
  /** How often each value multiplies for one example; 0 if it is not a kernel, NaN if a size is not known. */
  readonly positions: number;
}

/** The weights of a model, without masks and other variables of wrappers. */
export function sizedWeights(
  model: Model,
  trace: Pick<ChannelTrace, 'axes'>,
  positions: KernelPositions['positions'],
): SizedWeight[] {
  const masked = prunableLayers(model).flatMap(({layer}) => layer.maskedWeights);
  const added = new Set(masked.flatMap(({variables}) => variables));
  const axesOf = axesByWeight(trace);
  const own = model.weights.filter(variable => !added.has(variable));
  return own.map(({id, shape}) => {
    const traced = axesOf[id] ?? [];
    const others = shape.filter((_, axis) => traced.every(each => each.axis !== axis));
    return {id, values: sizeOf(others), axes: traced.map(({units}) => units), positions: positions.get(id) ?? 0};
  });
}

/**
 * The exact sizes of the model without some units and weights.
 *
 * @param removed one value for each unit of the model: 1 if it is removed.
 * @param dead the ids of the weights of layers that are removed as a whole.
 */
export function sizesWithout(
  removed: Uint8Array,
  dead: ReadonlySet<number>,
  weights: readonly SizedWeight[],
): Omit<ModelSizes, 'channels'> {
  let [parameters, multiplyAdds] = [0, 0];
  for (const {id, values, axes, positions} of weights) {
    if (dead.has(id)) continue;
    const size = axes.reduce((product, units) => product * keptOf(units, removed), values);
    parameters += size;
    multiplyAdds += size * positions;
  }
  return {parameters, multiplyAdds: Number.isNaN(multiplyAdds) ? null : multiplyAdds};
}

function keptOf(units: Int32Array, removed: Uint8Array): number {
  let kept = units.length;
  for (let i = 0; i < units.length; i++) kept -= removed[units[i]!]!;
  return kept;
}
