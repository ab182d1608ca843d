import {isCallable, isList, received} from '../options/expect.js';
import type {WeightLayout} from '../structures/structure.js';

/** What an allocation decides on: the groups of one weight tensor, or those that a structure has made over several. */
export interface LayerScores {
  /**
   * The weight's name, such as `conv1/kernel`, in a nested model `base/conv1/kernel`; of coupled channels their
   * layers', `conv1 + conv2`.
   */
  readonly name: string;
  /**
   * One score a group; the groups with the smallest go first. Groups that are gone for good score -Infinity, groups
   * that must stay +Infinity.
   */
  readonly scores: Float32Array;
  /** The tensor's shape and the meaning of its axes; of several tensors those of the first. */
  readonly layout: WeightLayout;
  /** Whether all groups may go. By default an allocation keeps one, where its own limits do not ask for more. */
  readonly mayVanish?: boolean;
}

/**
 * Shares a target sparsity among layers, and says which of their groups are kept (1) and which are not (0): one array
 * for each of `layers`, in their order.
 */
export type Allocation = (layers: readonly LayerScores[], sparsity: number) => Uint8Array[];

/** Expects an allocation, and returns it {@link checked}. */
export function expectAllocation(name: string, allocation: Allocation): Allocation {
  if (isCallable(allocation)) return checked(allocation);
  throw new TypeError(`Expected \`${name}\` to be a function such as uniform(), got ${received(allocation)}`);
}

/**
 * The same allocation, which speaks up where it does not give what it should.
 *
 * @throws TypeError, from a call, where what it returns is not one Uint8Array of a value a group for each of the
 *     layers.
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
