import type {Allocation} from '../allocations/allocation.js';
import {magnitude} from '../criteria/magnitude.js';
import type {LayerSelector} from '../layers/layer-selector.js';
import type {MaskedWeight} from '../layers/masked-weight.js';
import {chooseMasks} from '../masks/choose-masks.js';
import {chosenWeights} from '../masks/placed-weights.js';
import type {Structure} from '../structures/structure.js';
import type {Model} from '../tfjs-internals.js';

/** How a sparsity is shared out. */
export interface Shares {
  readonly layers: LayerSelector | undefined;
  readonly sparsity: number;
  readonly structure: Structure;
  readonly allocation: Allocation;
}

/** How many zeros each weight gets: as many as `pruneOnce` by magnitude would give it. */
export async function sharedZeros(
  owner: string,
  model: Model,
  {layers, sparsity, structure, allocation}: Shares,
  pause: () => Promise<void>,
): Promise<ReadonlyMap<MaskedWeight, number>> {
  const pruned = chosenWeights(owner, model, layers);
  const rule = {criterion: magnitude(), structure, allocation};
  const {counts} = await chooseMasks(pruned, sparsity, rule, {}, pause);
  return new Map(pruned.map(({weight}, i) => [weight, counts[i]!.zeros]));
}
