import {isList, received} from '../options/expect.js';
import type {LayerScores} from '../structures/structure.js';

/**
 * Shares a target sparsity among layers, and decides which of their groups are kept (1) and which are pruned (0): one
 * array for each of `layers`, in their order.
 */
export type Allocation = (layers: readonly LayerScores[], sparsity: number) => Uint8Array[];

/**
 * The same allocation, that throws if its result is malformed.
 *
 * @throws TypeError, from a call, unless it returns one Uint8Array for each layer, with a value for each group.
 */
export function checked(allocation: Allocation): Allocation {
  return (layers, sparsity) => {
    const kept = allocation(layers, sparsity);
    if (!isList(kept) || kept.length !== layers.length) {
      throw new TypeError(`Expected the allocation to return an array of ${layers.length} masks, got ${sized(kept)}`);
    }
    layers.forEach(({name, scores: {length}}, i) => {
      if ((kept[i] as unknown) instanceof Uint8Array && kept[i]!.length === length) return;
      throw new TypeError(
        `Expected the allocation to return a Uint8Array of length ${length} for "${name}", got ${sized(kept[i])}`,
      );
    });
    return kept;
  };
}

function sized(value: unknown): string {
  const length = (value as {length?: number} | null | undefined)?.length;
  return length === undefined ? received(value) : `${received(value)} of length ${length}`;
}
