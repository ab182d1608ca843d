import {prunableLayers} from '../../layers/model-layers.js';
import {sizeOf} from '../../math/size-of.js';
import type {Model} from '../../tfjs-internals.js';
import type {ModelSizes} from '../channel-plan.js';
import type {KernelPositions} from '../../report/kernel-positions.js';
import {axesByWeight} from '../../units/trace/axes-by-weight.js';
import type {ChannelTrace} from '../../units/trace/channel-trace.js';

/** What the size of a weight depends on. */
export interface SizedWeight {
  readonly id: number;
  /** How many values it has for each combination of positions along its axes with channels. */
  readonly values: number;
  /** The unit at each position of its axes with channels. */
  readonly axes: readonly Int32Array[];
  /** How often each value multiplies for one example; 0 where it is no kernel, NaN where a size is not known. */
  readonly positions: number;
}

/** The weights of a model, masks left out. */
export function sizedWeights(
  model: Model,
  trace: Pick<ChannelTrace, 'axes'>,
  {positions}: Pick<KernelPositions, 'positions'>,
): SizedWeight[] {
  const masks = new Set(prunableLayers(model).flatMap(({layer}) => layer.maskedWeights.map(({mask}) => mask.id)));
  const unmasked = model.weights.filter(({id}) => !masks.has(id));
  const axesOf = axesByWeight(trace);
  return unmasked.map(({id, shape}) => {
    const own = axesOf[id] ?? [];
    const others = shape.filter((_, axis) => own.every(traced => traced.axis !== axis));
    return {id, values: sizeOf(others), axes: own.map(({units}) => units), positions: positions.get(id) ?? 0};
  });
}

/**
 * Exactly the sizes that the model has once some units and weights are gone.
 *
 * @param gone 1 for each unit that is gone, one value for each unit of the model.
 */
export function sizesWithout(
  gone: Uint8Array,
  dead: ReadonlySet<number>,
  weights: readonly SizedWeight[],
): Omit<ModelSizes, 'channels'> {
  let [parameters, multiplyAdds] = [0, 0];
  for (const {id, values, axes, positions} of weights) {
    if (dead.has(id)) continue;
    const size = axes.reduce((product, units) => product * keptOf(units, gone), values);
    parameters += size;
    multiplyAdds += size * positions;
  }
  return {parameters, multiplyAdds: Number.isNaN(multiplyAdds) ? null : multiplyAdds};
}

function keptOf(units: Int32Array, gone: Uint8Array): number {
  let kept = units.length;
  for (let i = 0; i < units.length; i++) kept -= gone[units[i]!]!;
  return kept;
}
