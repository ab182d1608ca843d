import {expectFunction, isList, received} from '../options/expect.js';
import type {LayerScores} from '../structures/structure.js';

/**
 * Shares a target sparsity among layers and decides which of their groups are kept (1) or pruned (0): returns one array
 * for each of `layers`, in order.
 */
export type Allocation = (layers: readonly LayerScores[], sparsity: number) => Uint8Array[];

/** Expects an allocation, and returns it {@link checked}. */
export function expectAllocation(name: string, allocation: Allocation): Allocation {
  return checked(expectFunction(name, allocation, 'such as uniform()'));
}

/**
 * The same allocation, but it throws if its result is malformed.
 *
 * @throws TypeError, when called, unless it returns one Uint8Array per layer, with a value for each group.
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
