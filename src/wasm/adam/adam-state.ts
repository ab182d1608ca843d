import type {AdamOptimizer, Variable} from '@tensorflow/tfjs-core';

/** The running mean of the gradients of a weight, or of their squares. */
export interface Moment {
  originalName: string;
  variable: Variable;
}

/** The state of Adam after some steps. */
export interface AdamState {
  /** beta1 and beta2 to the power of the next step. */
  readonly accBeta1: Variable;
  readonly accBeta2: Variable;
  readonly accumulatedFirstMoment: (Moment | undefined)[];
  readonly accumulatedSecondMoment: (Moment | undefined)[];
}

/**
 * The private fields of Adam in tfjs-core, which its `getWeights` saves and its `setWeights` sets. They are not in
 * src/tfjs-internals.ts because tfjs-pruning/wasm does not need tfjs-layers.
 */
export function stateOf(optimizer: AdamOptimizer): AdamState {
  return optimizer as unknown as AdamState;
}
